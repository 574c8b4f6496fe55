import type { Change } from '../src/changes.ts'
import type { ChatClient } from '../src/client.ts'
import type { ChangeContent, ServerFrame } from '../src/protocol.ts'
import type { MemoryStore } from '../src/store/memory.ts'
import { direct, message, type Rig, settle } from './rig.ts'

export const change = (seqNo: number, target: number, content: ChangeContent, more = {}): ServerFrame => ({
  type: 'change',
  ...content,
  messageId: `m${seqNo}`,
  conversationId: direct,
  seqNo,
  senderId: 'bob',
  timestamp: 1000 + seqNo,
  target: { messageId: `m${target}`, seqNo: target },
  ...more,
})
export const like = (by: string, on = true) => [{ kind: 'react', emoji: '👍', on } as const, { senderId: by }] as const
export const own = { senderId: 'alice', clientMsgId: 'c' }

/** Alice has three messages of bob's and one of her own, and looks at them. */
export async function talking(rig: Rig, store: MemoryStore) {
  const client = await rig.online(store)
  await rig.says(message(1), message(2), message(3), message(4, own))
  const timeline = client.openTimeline(direct)
  await settle()
  return { client, timeline, at: (seqNo: number) => timeline.messages.find((one) => one.seqNo === seqNo)! }
}
export const refusedBy = (client: ChatClient) => {
  const refused: Change[] = []
  client.subscribe((changes) => refused.push(...changes.filter(({ type }) => type === 'refused')))
  return refused
}
