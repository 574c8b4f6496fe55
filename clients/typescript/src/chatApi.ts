import type { Cursors } from './changes.ts'
import { ChatError } from './errors.ts'
import type { AccessTokens } from './connector.ts'
import { type ConversationList, type Device, type Group, type History, type Message, messageOf, type MessageOnWire, type MessageText, type OwnSettings, type Page, type ReactionOf, type Role, type ThreadPage } from './protocol.ts'
import type { PushAddress, PushContent } from './push.ts'
import type { RestClient } from './restClient.ts'

/** Larger conversations have no receipts: the server sends none there (Delivery:PushThreshold). */
const maxReceipts = 256

/** Where a page begins; both exclusive. */
/** Of a thread: upwards from `after`, downwards from `before`, or the first ones. */
export type ThreadRange = { readonly after?: number; readonly before?: never; readonly limit?: number } | { readonly before: number; readonly after?: never; readonly limit?: number }
export type PageRange = { readonly after: number } | { readonly before: number }

/** The REST calls of the signed-in user. All reject with ChatError. */
export class ChatApi {
  private readonly rest: RestClient
  private readonly tokens: AccessTokens
  private readonly generation: () => number

  /** @param generation Another number with each session: an answer for one that has ended is discarded. */
  constructor(rest: RestClient, tokens: AccessTokens, generation: () => number) {
    this.rest = rest
    this.tokens = tokens
    this.generation = generation
  }

  /** @param archived The archived ones; else all others. */
  async conversations(limit: number, cursor?: string, archived = false): Promise<ConversationList> {
    const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const list = await this.call<ConversationList>('GET', `/v1/conversations?limit=${limit}${from}${archived ? '&archived=true' : ''}`)
    const conversations = list.conversations.map((listed) => (listed.lastMessage ? { ...listed, lastMessage: messageOf(listed.lastMessage) } : listed))
    return { ...list, conversations }
  }

  async page(conversationId: string, range: PageRange, limit: number): Promise<Page> {
    const [direction, seqNo] = Object.entries(range)[0]!
    const path = `/v1/conversations/${encodeURIComponent(conversationId)}/messages?${direction}=${seqNo}&limit=${limit}`
    const page = await this.call<Page>('GET', path)
    return { ...page, messages: page.messages.map(messageOf) }
  }

  async message(conversationId: string, messageId: string): Promise<Message> {
    return messageOf(await this.call<MessageOnWire>('GET', messagePath(conversationId, messageId)))
  }

  reactions(conversationId: string, messageId: string, { emoji, cursor }: { emoji?: string; cursor?: string }): Promise<{ reactions: ReactionOf[]; next?: string }> {
    const query = new URLSearchParams({ limit: '200', ...(emoji !== undefined && { emoji }), ...(cursor !== undefined && { cursor }) })
    return this.call('GET', `${messagePath(conversationId, messageId)}/reactions?${query}`)
  }

  async edits(conversationId: string, messageId: string): Promise<MessageText[]> {
    return (await this.call<{ edits: MessageText[] }>('GET', `${messagePath(conversationId, messageId)}/edits`)).edits
  }

  async pins(conversationId: string): Promise<Message[]> {
    const found: Message[] = []
    for (let query = ''; ;) {
      const { messages, next } = await this.call<{ messages: MessageOnWire[]; next?: string }>('GET', `/v1/conversations/${encodeURIComponent(conversationId)}/pins${query}`)
      found.push(...messages.map(messageOf))
      if (next === undefined) return found
      query = `?${new URLSearchParams({ cursor: next })}`
    }
  }

  async threads(conversationId: string, cursor?: string): Promise<{ threads: Message[]; next?: string }> {
    const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`
    const { threads, next } = await this.call<{ threads: MessageOnWire[]; next?: string }>('GET', `/v1/conversations/${encodeURIComponent(conversationId)}/threads${query}`)
    return { threads: threads.map(messageOf), next }
  }

  async threadMessages(conversationId: string, rootId: string, range: ThreadRange): Promise<ThreadPage> {
    const query = new URLSearchParams(Object.entries(range).map(([name, value]) => [name, `${value}`]))
    const path = `/v1/conversations/${encodeURIComponent(conversationId)}/threads/${encodeURIComponent(rootId)}/messages?${query}`
    const page = await this.call<Omit<ThreadPage, 'messages'> & { messages: MessageOnWire[] }>('GET', path)
    return { ...page, messages: page.messages.map(messageOf) }
  }

  /** By user; undefined for a conversation too large for receipts. */
  async receipts(conversationId: string): Promise<Record<string, Cursors> | undefined> {
    type Table = { members: { userId: string; deliveredSeqNo: number; readSeqNo: number }[] }
    const { members } = await this.call<Table>('GET', `/v1/conversations/${encodeURIComponent(conversationId)}/receipts`)
    if (members.length > maxReceipts) return undefined
    return Object.fromEntries(
      members.map(({ userId, deliveredSeqNo, readSeqNo }) => [userId, { delivered: Math.max(deliveredSeqNo, readSeqNo), read: readSeqNo }]),
    )
  }

  /** @returns All of them; what is not set is absent. */
  changeSettings(conversationId: string, change: OwnSettings): Promise<OwnSettings> {
    return this.call('PATCH', `/v1/conversations/${encodeURIComponent(conversationId)}/mine`, change)
  }

  pushKey(): Promise<{ key: string }> {
    return this.call('GET', '/v1/push/key')
  }

  subscribePush(subscription: PushAddress & { readonly content?: PushContent }): Promise<void> {
    return this.call('PUT', '/v1/push', subscription)
  }

  unsubscribePush(): Promise<void> {
    return this.call('DELETE', '/v1/push')
  }

  createGroup(title: string, members: readonly string[], history?: History): Promise<Group> {
    return this.call('POST', '/v1/groups', { title, members, history })
  }

  group(conversationId: string): Promise<Group> {
    return this.call('GET', groupPath(conversationId))
  }

  changeGroup(conversationId: string, change: { title?: string; history?: History }): Promise<Group> {
    return this.call('PATCH', groupPath(conversationId), change)
  }

  addMembers(conversationId: string, members: readonly string[]): Promise<Group> {
    return this.call('POST', `${groupPath(conversationId)}/members`, { members })
  }

  removeMember(conversationId: string, userId: string): Promise<void> {
    return this.call('DELETE', memberPath(conversationId, userId))
  }

  setRole(conversationId: string, userId: string, role: Exclude<Role, 'owner'>): Promise<Group> {
    return this.call('PATCH', memberPath(conversationId, userId), { role })
  }

  async devices(): Promise<Device[]> {
    return (await this.call<{ devices: Device[] }>('GET', '/v1/devices')).devices
  }

  revokeDevice(deviceId: string): Promise<void> {
    return this.call('DELETE', `/v1/devices/${encodeURIComponent(deviceId)}`)
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const generation = this.generation()
    const answer = await this.ask<T>(method, path, body, generation)
    if (generation !== this.generation()) throw new ChatError('unauthenticated', 'The session that asked has ended.')
    return answer
  }

  private async ask<T>(method: string, path: string, body: unknown, generation: number): Promise<T> {
    try {
      return await this.rest.call(method, path, await this.tokens.fresh(), body)
    } catch (error) {
      const refused = error instanceof ChatError && (error.code === 'unauthenticated' || error.code === 'token_expired')
      // A call of one session is not repeated in the next.
      if (!refused || generation !== this.generation()) throw error
      return await this.rest.call(method, path, await this.tokens.renew(false), body)
    }
  }
}

const messagePath = (conversationId: string, messageId: string) => `/v1/conversations/${encodeURIComponent(conversationId)}/messages/${encodeURIComponent(messageId)}`
const groupPath = (conversationId: string) => `/v1/groups/${encodeURIComponent(conversationId)}`
const memberPath = (conversationId: string, userId: string) => `${groupPath(conversationId)}/members/${encodeURIComponent(userId)}`
