import { vi } from 'vitest'
import { ChatClient, type ChatClientOptions } from '../src/client.ts'
import { ChatError } from '../src/errors.ts'
import type { ClientFrame, Message, Page, ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import type { ChatStore } from '../src/store/store.ts'
import type { CloseReason, Connect, TransportEvents } from '../src/transport/transport.ts'

export const direct = 'dm:alice:bob'
type Route = (body: unknown, address: URL) => unknown

/** The server, played by the test: it sees what the client sends and says what comes back. Time stands still unless `pass` is called. */
export class Rig {
  /** What the client has sent on the connection that is open, or was last. */
  frames: ClientFrame[] = []
  connections = 0
  tokens = 0
  /** Requests that have come, as `METHOD path`, without the routing hint. */
  readonly requests: string[] = []
  /** The routing hint of each request and each connection. */
  readonly hints: (string | null)[] = []
  /** By `METHOD path` without its query; what is returned is the body, a thrown ChatError the refusal. */
  readonly routes = new Map<string, Route>()
  refuseConnections: ChatError | undefined
  private events: TransportEvents | undefined

  constructor() {
    const login: Route = () => ({ accessToken: `access-${++this.tokens}`, refreshToken: `refresh-${this.tokens}`, expiresIn: 900 })
    for (const call of ['register', 'login', 'refresh']) this.routes.set(`POST /v1/auth/${call}`, login)
    this.routes.set('POST /v1/auth/logout', () => undefined)
    this.routes.set('GET /v1/conversations', () => ({ conversations: [], epoch: 'e1' }))
    this.routes.set(`GET /v1/conversations/${direct}/receipts`, () => ({ members: [] }))
    this.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(0))
  }

  readonly connect: Connect = (_url, { userId }, events) => {
    this.hints.push(userId)
    if (this.refuseConnections) return Promise.reject(this.refuseConnections)
    this.connections++
    this.frames = []
    this.events = events
    const mine = this.frames
    return Promise.resolve({
      send: (frame) => void mine.push(structuredClone(frame)),
      probe: () => Promise.resolve(),
      close: () => {
        if (this.events === events) this.events = undefined
      },
    })
  }

  readonly fetch: NonNullable<ChatClientOptions['fetch']> = async (address, request) => {
    const url = new URL(address)
    this.hints.push(url.searchParams.get('user'))
    url.searchParams.delete('user')
    const call = `${request.method} ${decodeURIComponent(url.pathname)}`
    this.requests.push(`${call}${url.search}`)
    const route = this.routes.get(call)
    try {
      if (!route) throw new ChatError('not_found', 'There is nothing at this address.')
      const body = await route(request.body ? JSON.parse(request.body as string) : undefined, url)
      return new Response(body === undefined ? null : JSON.stringify(body), { status: body === undefined ? 204 : 200 })
    } catch (error) {
      if (!(error instanceof ChatError) || error.code === 'network') throw error
      return new Response(JSON.stringify({ code: error.code, title: error.message }), { status: error.code === 'unauthenticated' ? 401 : 400 })
    }
  }

  get isOpen(): boolean {
    return this.events !== undefined
  }

  open(store: ChatStore = new MemoryStore(), fetch = this.fetch): Promise<ChatClient> {
    return ChatClient.open({ url: 'http://server', connect: this.connect, fetch, store })
  }

  /** A client of alice's, online and caught up. */
  async online(store?: ChatStore, fetch?: ChatClientOptions['fetch']): Promise<ChatClient> {
    const client = await this.open(store, fetch)
    await client.signIn('alice', 'secret')
    await settle()
    await this.drained()
    return client
  }

  /** What a server says first; `before` is what waited. */
  async drained(...before: ServerFrame[]): Promise<void> {
    await this.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: Date.now(), epoch: 'e1' }, ...before, { type: 'caughtUp' })
  }

  async says(...frames: ServerFrame[]): Promise<void> {
    for (const frame of frames) this.events!.frame(structuredClone(frame))
    await settle()
  }

  /** The server's end, or the network's. */
  async cut(reason: CloseReason = 'lost'): Promise<void> {
    this.events!.closed(reason)
    await settle()
  }

  sent<T extends ClientFrame['type']>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type)
  }
}

export const settle = () => vi.advanceTimersByTimeAsync(0)
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

export const message = (seqNo: number, more: Partial<Message> = {}): { type: 'message' } & Message => ({
  type: 'message',
  messageId: `m${seqNo}`,
  conversationId: direct,
  seqNo,
  senderId: 'bob',
  text: `text ${seqNo}`,
  timestamp: 1000 + seqNo,
  ...more,
})

export const ackOf = (clientMsgId: string, seqNo: number): ServerFrame => ({
  type: 'ack',
  clientMsgId,
  messageId: `m${seqNo}`,
  conversationId: direct,
  seqNo,
  timestamp: 1000 + seqNo,
  status: 'sent',
})

/** As it is stored and shown. */
export const plain = (seqNo: number, more: Partial<Message> = {}): Message => {
  const { type: _, ...rest } = message(seqNo, more)
  return rest
}

/** The pages of a log that has the places up to `max`. */
export const pagesOf = (max: number) => (_: unknown, { searchParams }: URL): Page => {
  const limit = Number(searchParams.get('limit'))
  const places = Array.from({ length: max }, (_, i) => i + 1)
  const before = searchParams.get('before')
  if (before !== null) {
    const found = places.filter((seqNo) => seqNo < Number(before)).slice(-limit)
    const lowest = found[0] ?? 1
    return { conversationId: direct, messages: found.map((seqNo) => plain(seqNo)), nextBefore: lowest > 1 ? lowest : undefined, maxSeqNo: max }
  }
  const after = Number(searchParams.get('after') ?? 0)
  const found = places.filter((seqNo) => seqNo > after).slice(0, limit)
  return { conversationId: direct, messages: found.map((seqNo) => plain(seqNo)), nextAfter: found.at(-1) ?? max, maxSeqNo: max }
}

export const summary = (maxSeqNo: number, more = {}) => ({
  conversationId: direct,
  maxSeqNo,
  deliveredSeqNo: 0,
  readSeqNo: 0,
  unreadCount: maxSeqNo,
  lastMessage: message(maxSeqNo),
  ...more,
})
