// Answers every direct message with the same text: CHAT_URL=http://localhost:5080 npm run example
import { ChatClient, type Change, MemoryStore } from '../src/index.ts'

const client = await ChatClient.open({ url: process.env.CHAT_URL ?? 'http://localhost:5080', store: new MemoryStore() })

client.subscribe((changes) => void answer(changes))

async function answer(changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.type !== 'log') continue
    for (const { conversationId, senderId, seqNo, text } of change.messages) {
      if (senderId === client.session?.userId || !conversationId.startsWith('dm:')) continue
      await client.send(conversationId, text)
      await client.markRead(conversationId, seqNo)
    }
  }
}

await client.register('echo', 'battery horse staple').catch(() => client.signIn('echo', 'battery horse staple'))
console.log(`${client.session?.userId} is ${client.connection.status}`)
