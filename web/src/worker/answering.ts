import { ChatClient, ChatError, webSocketTransport } from '@chat/client'
import { home, installation } from '../ui/installation'

/** The browser ends a worker that takes longer than about half a minute; what is not done by then stays in the store, ms. */
const patience = 20_000

export type Sent = 'sent' | 'waiting' | 'refused'

/**
 * Answers given in a notification. The client library is opened as if the worker were one more tab: it uses the session that is stored, renews it under
 * the lock that all tabs have in common, and connects only while no page is open. An open page gets what is to be sent, and sends it.
 */
export class Answering {
  private readonly hasPage: () => Promise<boolean>
  private readonly open: () => Promise<ChatClient>

  constructor(hasPage: () => Promise<boolean>, open: () => Promise<ChatClient> = openClient) {
    this.hasPage = hasPage
    this.open = open
  }

  /** Puts the reply into the outbox, from where it is sent once, now or later. Who answers has read, too. */
  reply(conversationId: string, seqNo: number, text: string): Promise<Sent> {
    return this.with(async (client, end) => {
      const { clientMsgId } = await client.send(conversationId, text)
      if (await this.hasPage()) {
        await client.markRead(conversationId, seqNo)
        return 'sent'
      }
      const item = () => client.findConversation(conversationId)?.outgoing.find(one => one.clientMsgId === clientMsgId)
      await read(client, conversationId, seqNo, end)
      await until(client, end, () => item()?.state !== 'waiting')
      const left = item()
      return left === undefined ? 'sent' : left.state === 'failed' ? 'refused' : 'waiting'
    })
  }

  /** Without a connection only what is known here is marked, and the server is told on the next one. */
  async markRead(conversationId: string, seqNo: number): Promise<void> {
    await this.with(async (client, end) => {
      if (await this.hasPage()) await client.markRead(conversationId, seqNo)
      else await read(client, conversationId, seqNo, end)
    })
  }

  /** @returns Whether nothing waits any more. */
  sendWaiting(): Promise<boolean> {
    return this.with(async (client, end) => {
      const waits = () => client.conversations.some(({ outgoing }) => outgoing.some(({ state }) => state === 'waiting'))
      if (!(await this.hasPage())) await until(client, end, () => !waits())
      return !waits()
    })
  }

  /** @param work Gets the client and the time by which it has to end, ms. */
  async with<T>(work: (client: ChatClient, end: number) => Promise<T>): Promise<T> {
    const end = Date.now() + patience
    const client = await this.open()
    try {
      if (!client.session) throw new ChatError('unauthenticated', 'Nobody is signed in.')
      return await work(client, end)
    } finally {
      await client.close()
    }
  }
}

const openClient = () => ChatClient.open({ url: home.href, name: installation, connect: webSocketTransport() })

/** Up to the message, which may have come since this browser last was connected. */
async function read(client: ChatClient, conversationId: string, seqNo: number, end: number): Promise<void> {
  await until(client, end, () => client.connection.caughtUp && (client.findConversation(conversationId)?.maxSeqNo ?? 0) >= seqNo)
  await client.markRead(conversationId, seqNo)
}

/** @param end When it ends in any case, ms; it ends with the session, too. */
function until(client: ChatClient, end: number, isSo: () => boolean): Promise<void> {
  return new Promise(done => {
    const over = () => {
      clearTimeout(late)
      stop()
      done()
    }
    const look = () => (isSo() || !client.session) && over()
    const late = setTimeout(over, Math.max(0, end - Date.now()))
    const stop = client.subscribe(look)
    look()
  })
}
