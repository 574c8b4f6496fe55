import { type Change, type Connection, isKept, type Outgoing, type Presence, type UnreadLeft } from './changes.ts'
import { ChatError } from './errors.ts'
import { conversationOf, randomId } from './ids.ts'
import { Inbox } from './inbox.ts'
import { Link } from './link.ts'
import { Listing } from './listing.ts'
import { OutboxSender } from './outbox.ts'
import type { Device, Group, History, Page, Role, Tokens } from './protocol.ts'
import { PresenceWatch } from './presence.ts'
import { type Fetch, Rest } from './rest.ts'
import { type PageRange, Server } from './server.ts'
import { sessionOf, SessionTokens } from './session.ts'
import { addSpan, spanAt } from './spans.ts'
import { type Conversation, State } from './state.ts'
import { IndexedDbStore } from './store/indexeddb.ts'
import { MemoryStore } from './store/memory.ts'
import type { ChatStore } from './store/store.ts'
import { type TabMessage, type Tabs, tabsOf } from './tabs.ts'
import { completedBy, OpenTimeline, type Timeline } from './timeline.ts'
import { signalRTransport } from './transport/signalr.ts'
import type { Connect } from './transport/transport.ts'
import { watchWindow } from './window.ts'

/** The largest text, bytes of UTF-8 (protocol, Words). */
export const maxTextBytes = 16_384
/** Of a text as JSON has it, so that its frame is within the doors' 64 KiB: control characters are six bytes there. */
const maxJsonBytes = 60_000
/** What may wait to be sent; more is refused, as nothing grows without a limit. */
const maxOutbox = 1_000
/** Before the store is read again, or a renewal that failed is tried again, ms. */
const leadPause = 1_000
const renewalPause = 10_000
const renewalSpread = 30_000
/** Own typing is told again after this, while it lasts, ms. */
const typingAgain = 3_000

export interface ChatClientOptions {
  /** The server's address, such as `https://chat.example.org`. */
  url: string
  /** The door: SignalR unless told. */
  connect?: Connect
  /** Where everything is kept: the browser's IndexedDB, or memory where there is none. */
  store?: ChatStore
  /** Of the installation, where a page has several; its database and its tabs go by it. Default `chat`. */
  name?: string
  fetch?: Fetch
}

/**
 * A user's device: signs in, sends, and keeps a state that a view can be bound to. What it promises and how: clients/README.md.
 * Methods that ask the server reject with ChatError; those of sending and reading work without a connection.
 */
export class ChatClient {
  private readonly state = new State((change) => this.apply([change]))
  private readonly store: ChatStore
  private readonly tabs: Tabs
  private readonly rest: Rest
  private readonly tokens: SessionTokens
  private readonly server: Server
  private readonly link: Link
  private readonly inbox: Inbox
  private readonly outbox: OutboxSender
  private readonly listing: Listing
  private readonly presences: PresenceWatch
  private readonly timelines = new Set<OpenTimeline>()
  private readonly listeners = new Set<(changes: readonly Change[]) => void>()
  private readonly tab = randomId(8)
  private readonly typingTold = new Map<string, number>()
  private unwatchWindow = (): void => undefined
  private told: Change[] | undefined
  /** This tab has the connection. */
  private leads = false
  /** Counts the sessions: what one of them had under way is nothing to the next. */
  private era = 0
  private renewal: ReturnType<typeof setTimeout> | undefined
  private over = false

  private constructor(options: Required<Pick<ChatClientOptions, 'url' | 'connect' | 'fetch'>>, store: ChatStore, tabs: Tabs) {
    const commit = (changes: Change[]) => this.commit(changes)
    const apply = (changes: Change[]) => this.apply(changes)
    const send: Link['send'] = (frame) => this.link.send(frame)
    this.store = store
    this.tabs = tabs
    this.rest = new Rest(options.url, options.fetch)
    this.tokens = new SessionTokens(this.rest, store, tabs.lock, { session: () => this.state.session, commit, apply })
    this.server = new Server(this.rest, this.tokens, () => this.era)
    this.outbox = new OutboxSender(this.state, send, commit)
    this.listing = new Listing(this.state, (limit, cursor) => this.server.conversations(limit, cursor), commit)
    this.presences = new PresenceWatch(this.state, send)
    this.inbox = new Inbox(this.state, {
      commit,
      send,
      isStored: async (conversationId, seqNo) => (await store.messages(conversationId, seqNo, seqNo, 1)).length > 0,
      listChanged: () => this.listing.refreshSoon(),
      caughtUp: () => this.caughtUp(),
      answered: (clientMsgId) => this.outbox.answered(clientMsgId),
      refused: (clientMsgId, error) => this.outbox.refused(clientMsgId, error),
    })
    this.link = new Link(options.url, options.connect, this.tokens, {
      opened: () => this.opened(),
      frame: (frame) => this.inbox.take(frame),
      moved: (connection) => void this.commit([{ type: 'connection', connection }]),
    })
  }

  /** Opens the store and, where it holds a session, goes online by itself. */
  static async open(options: ChatClientOptions): Promise<ChatClient> {
    const name = options.name ?? 'chat'
    const store = options.store ?? (typeof indexedDB === 'undefined' ? new MemoryStore() : await IndexedDbStore.open(name))
    const { url, connect = signalRTransport, fetch = (address, request) => globalThis.fetch(address, request) } = options
    const tabs = tabsOf(name, options.store !== undefined || typeof window === 'undefined')
    const client = new ChatClient({ url, connect, fetch }, store, tabs)
    // Heard before the store is read: what is written in between is applied twice, which does no harm.
    tabs.listen((message) => client.heard(message))
    client.state.load(await store.load())
    tabs.post({ type: 'hello' })
    tabs.lead(() => void client.lead())
    client.watchWindow()
    return client
  }

  /** Who is signed in. */
  get session(): { readonly userId: string; readonly deviceId: string } | undefined {
    return this.state.session
  }

  get connection(): Connection {
    return this.state.connection
  }

  /** Newest activity first. A new array whenever one of them changed. */
  get conversations(): readonly Conversation[] {
    return this.state.conversations
  }

  conversation(id: string): Conversation | undefined {
    return this.state.conversation(id)
  }

  /** Of a user that was asked for by `watch` and is visible to this one. */
  presence(userId: string): Presence | undefined {
    return this.state.presence.get(userId)
  }

  /** What comes cannot be stored and is therefore not acked; tried again every few seconds. */
  get storageFailed(): boolean {
    return this.state.storageFailed
  }

  /** Called with what has changed, once for all changes of one moment. @returns Ends that. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Makes an account and signs in. @throws ChatError `conflict` where the id is taken. */
  register(userId: string, password: string, deviceName?: string): Promise<void> {
    return this.enter('/v1/auth/register', userId, password, deviceName)
  }

  /** @throws ChatError `unauthenticated` for a wrong password and for an unknown user alike. */
  signIn(userId: string, password: string, deviceName?: string): Promise<void> {
    return this.enter('/v1/auth/login', userId, password, deviceName)
  }

  /** Ends the session and wipes the store, with what still waits to be sent; the server is told as well as it can be. */
  async signOut(): Promise<void> {
    const { session } = this.state
    if (!session) return
    await this.commit([{ type: 'signedOut', reason: 'signedOut' }])
    void this.rest.call('POST', '/v1/auth/logout', undefined, { refreshToken: session.refreshToken }).catch(() => undefined)
  }

  /** Offline: tries now. After `replaced`: takes the device back. */
  retryNow(): void {
    if (this.leads) this.link.now()
    else this.tabs.post({ type: 'now' })
  }

  /**
   * Takes a message in: when this resolves it is in the outbox and goes out by itself.
   * @param to A conversationId, or `@userId` for the direct conversation with that user.
   * @param options.replyTo The messageId that it answers, of the same conversation.
   * @throws ChatError `bad_request` for no text or half a surrogate pair, `too_large` beyond 16 KiB, `rate_limited` where 1,000 wait, `storage`.
   */
  async send(to: string, text: string, options: { replyTo?: string } = {}): Promise<Outgoing> {
    const { session } = this.state
    if (!session) throw new ChatError('unauthenticated', 'Nobody is signed in.')
    if (text === '' || !text.isWellFormed()) throw new ChatError('bad_request', 'A message needs text.')
    const bytes = (of: string) => new TextEncoder().encode(of).length
    if (bytes(text) > maxTextBytes || bytes(JSON.stringify(text)) > maxJsonBytes) throw new ChatError('too_large', 'The text is too long.')
    if (this.state.outbox.size >= maxOutbox) throw new ChatError('rate_limited', `${maxOutbox} messages wait already.`)
    const last = Math.max(0, ...[...this.state.outbox.values()].map(({ order }) => order))
    const item: Outgoing = {
      clientMsgId: randomId(20),
      conversationId: conversationOf(to, session.userId),
      text,
      ...(options.replyTo !== undefined && { replyTo: options.replyTo }),
      createdAt: Date.now(),
      order: Math.max(last + 1, Date.now()),
      state: 'waiting',
    }
    await this.commit([{ type: 'queued', item }])
    return item
  }

  /** Sends a failed message once more, as the same attempt. */
  async retry(clientMsgId: string): Promise<void> {
    const item = this.state.outbox.get(clientMsgId)
    if (item?.state === 'failed') await this.commit([{ type: 'queued', item: { ...item, state: 'waiting', error: undefined } }])
  }

  /** Drops a message that was not acked. One that was under way may have arrived all the same. */
  async discard(clientMsgId: string): Promise<void> {
    if (this.state.outbox.has(clientMsgId)) await this.commit([{ type: 'unqueued', clientMsgId }])
  }

  /** Everything up to here was read; the server hears of it now or when there is one. */
  async markRead(conversationId: string, seqNo: number): Promise<void> {
    const row = this.state.rows.get(conversationId)
    if (!row || seqNo <= row.readSeqNo) return
    const left = this.unreadAbove(conversationId, seqNo)
    await this.commit([{ type: 'read', conversationId, seqNo: Math.min(seqNo, row.maxSeqNo), left, unsent: true }])
  }

  /** The user is writing, or has stopped. May be called with every key. */
  typing(conversationId: string, active: boolean): void {
    const last = this.typingTold.get(conversationId)
    if (active ? last !== undefined && Date.now() - last < typingAgain : last === undefined) return
    if (active) this.typingTold.set(conversationId, Date.now())
    else this.typingTold.delete(conversationId)
    if (this.leads) this.link.send({ type: 'typing', conversationId, active })
    else this.tabs.post({ type: 'typing', conversationId, active })
  }

  /** Whose presence this view shows now: the whole set, the first 500 of all views together. */
  watch(userIds: readonly string[]): void {
    this.presences.want(this.tab, userIds)
    this.tabs.post({ type: 'watch', tab: this.tab, userIds })
    if (this.leads) this.presences.subscribe()
  }

  /** Opens a conversation's messages; close it when the view goes. */
  timeline(conversationId: string): Timeline {
    const timeline = new OpenTimeline(conversationId, {
      state: this.state,
      store: this.store,
      page: (id, range, limit) => this.server.page(id, range, limit),
      learn: (page, range) => this.learn(page, range),
      closed: (closed) => this.timelines.delete(closed),
    })
    this.timelines.add(timeline)
    void this.loadReceipts(conversationId)
    return timeline
  }

  async createGroup(title: string, members: readonly string[], history?: History): Promise<Group> {
    const group = await this.server.createGroup(title, members, history)
    const { conversationId } = group
    const summary = { conversationId, title: group.title, maxSeqNo: 0, deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0 }
    await this.commit([{ type: 'listed', summary, activity: Date.now() }])
    return group
  }

  group(conversationId: string): Promise<Group> {
    return this.server.group(conversationId)
  }

  /** By owner and admins. */
  async changeGroup(conversationId: string, change: { title?: string; history?: History }): Promise<Group> {
    const group = await this.server.changeGroup(conversationId, change)
    this.listing.refreshSoon()
    return group
  }

  /** By owner and admins. */
  addMembers(conversationId: string, members: readonly string[]): Promise<Group> {
    return this.server.addMembers(conversationId, members)
  }

  /** By owner and admins; an admin by the owner only. */
  removeMember(conversationId: string, userId: string): Promise<void> {
    return this.server.removeMember(conversationId, userId)
  }

  /** By the owner. */
  setRole(conversationId: string, userId: string, role: Exclude<Role, 'owner'>): Promise<Group> {
    return this.server.setRole(conversationId, userId, role)
  }

  /** The group goes from the list. An owner hands over to the longest-serving admin, else member. */
  async leave(conversationId: string): Promise<void> {
    await this.removeMember(conversationId, this.state.session?.userId ?? '')
    await this.commit([{ type: 'removed', conversationId }])
  }

  devices(): Promise<Device[]> {
    return this.server.devices()
  }

  /** Closes that device's connection and voids its tokens at once. */
  revokeDevice(deviceId: string): Promise<void> {
    return this.server.revokeDevice(deviceId)
  }

  /** Ends everything that this object does; what is stored stays. */
  async close(): Promise<void> {
    if (this.over) return
    await this.tokens.settled()
    this.over = true
    clearTimeout(this.renewal)
    this.presences.stop()
    this.unwatchWindow()
    this.listeners.clear()
    for (const timeline of [...this.timelines]) timeline.close()
    this.outbox.stop()
    this.listing.stop()
    this.tabs.post({ type: 'watch', tab: this.tab, userIds: [] })
    this.tabs.close()
    this.link.stop()
    await this.store.close()
  }

  // --- Changes: written, applied, told -------------------------------------------------------------------------------

  private async commit(changes: Change[]): Promise<void> {
    // What the ended session still had under way must not come after what ends it.
    if (changes.some(({ type }) => type === 'signedOut')) this.era++
    const { era } = this
    if (this.over || (this.state.session === undefined && changes.every(needsSession))) return
    const kept = changes.filter(isKept)
    const all = kept.length > 0 ? [...changes, ...(await this.write(kept))] : changes
    if (this.over || (era !== this.era && all.every(needsSession))) return
    this.apply(all)
    this.tabs.post({ type: 'changes', changes: all })
  }

  /** @returns What the store dropped for it. */
  private async write(changes: Change[]): Promise<readonly Change[]> {
    try {
      let dropped: readonly Change[] = []
      try {
        dropped = await this.store.write(changes)
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error
        dropped = await this.store.makeRoom()
        await this.store.write(changes)
      }
      if (this.state.storageFailed) this.apply([{ type: 'storage', failed: false }])
      return dropped
    } catch (error) {
      if (!this.state.storageFailed) this.apply([{ type: 'storage', failed: true }])
      throw new ChatError('storage', `The store cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  private apply(changes: readonly Change[]): void {
    if (this.over) return
    for (const change of changes) {
      this.state.apply(change)
      for (const timeline of this.timelines) timeline.changed(change)
      if (change.type === 'connection' && change.connection.caughtUp)
        for (const { conversationId } of this.timelines) void this.loadReceipts(conversationId)
      if (this.leads) this.react(change)
    }
    if (this.told) this.told.push(...changes)
    else {
      this.told = [...changes]
      queueMicrotask(() => this.tell())
    }
  }

  private tell(): void {
    const changes = this.told ?? []
    this.told = undefined
    for (const listener of this.listeners)
      try {
        listener(changes)
      } catch (error) {
        // One that fails must not keep the others from hearing.
        queueMicrotask(() => {
          throw error
        })
      }
  }

  /** What the tab with the connection does about a change, whichever tab it happened in. */
  private react(change: Change): void {
    switch (change.type) {
      case 'log':
      case 'sent':
      case 'listed':
        return this.presences.changed(change)
      case 'removed':
        return this.listing.removed(change.conversationId)
      case 'queued':
        return this.outbox.pump()
      case 'unqueued':
        return this.outbox.answered(change.clientMsgId)
      case 'read':
        if (change.unsent) this.link.send({ type: 'ack', conversationId: change.conversationId, seqNo: change.seqNo, status: 'read' })
        if (this.state.rows.get(change.conversationId)?.unreadCount) this.listing.refreshSoon()
        return
      case 'signedIn':
        this.link.start()
        this.link.send({ type: 'auth', token: change.session.accessToken })
        return this.planRenewal()
      case 'signedOut':
        clearTimeout(this.renewal)
        this.outbox.stop()
        this.listing.stop()
        this.inbox.opened()
        return this.link.stop()
    }
  }

  private heard(message: TabMessage): void {
    switch (message.type) {
      case 'changes':
        // Who leads has a connection of its own.
        return this.apply(this.leads ? message.changes.filter(({ type }) => type !== 'connection') : message.changes)
      case 'hello':
        this.tabs.post({ type: 'watch', tab: this.tab, userIds: this.presences.wantedIn(this.tab) })
        if (this.leads) this.tabs.post({ type: 'changes', changes: this.fleeting() })
        return
      case 'watch':
        this.presences.want(message.tab, message.userIds)
        return this.leads ? this.presences.subscribe() : undefined
      case 'typing':
        if (this.leads) this.link.send({ type: 'typing', conversationId: message.conversationId, active: message.active })
        return
      case 'now':
        if (this.leads) this.link.now()
    }
  }

  private fleeting(): Change[] {
    const presence = [...this.state.presence].map(([userId, presence]): Change => ({ type: 'presence', userId, presence }))
    return [{ type: 'connection', connection: this.state.connection }, ...presence]
  }

  // --- The connection ------------------------------------------------------------------------------------------------

  private async lead(): Promise<void> {
    // The tab that led may have written what it could not tell any more.
    if (!(await this.reload())) {
      if (!this.over) setTimeout(() => void this.lead(), leadPause)
      return
    }
    this.leads = true
    this.tabs.post({ type: 'hello' })
    if (!this.state.session) return
    this.link.start()
    this.planRenewal()
  }

  private async reload(): Promise<boolean> {
    try {
      const stored = await this.store.load()
      if (this.over) return false
      this.state.load(stored)
    } catch {
      return false
    }
    for (const timeline of this.timelines) void timeline.refresh()
    this.apply([{ type: 'connection', connection: this.state.connection }])
    return true
  }

  private opened(): void {
    this.inbox.opened()
    this.presences.opened()
    for (const { id, readSeqNo, readUnsent } of this.state.rows.values())
      if (readUnsent) this.link.send({ type: 'ack', conversationId: id, seqNo: readSeqNo, status: 'read' })
    this.outbox.opened()
  }

  private caughtUp(): void {
    this.link.caughtUp()
    this.listing.refreshSoon()
    void this.findQueued()
  }

  /** What a tab that is gone has put in the outbox and did not come to tell. */
  private async findQueued(): Promise<void> {
    try {
      for (const item of (await this.store.load()).outbox) if (!this.state.outbox.has(item.clientMsgId)) this.apply([{ type: 'queued', item }])
    } catch {
      // The next connection looks again.
    }
  }

  private planRenewal(): void {
    clearTimeout(this.renewal)
    const { session } = this.state
    if (!session || this.over) return
    const retry = () => (this.renewal = setTimeout(() => this.planRenewal(), renewalPause))
    // Tabs that cannot wait for each other come at different times, and find that one of them was there.
    const apart = this.tabs.exclusive ? 0 : Math.random() * renewalSpread
    this.renewal = setTimeout(() => this.tokens.renew(false).catch(retry), Math.max(0, session.renewAt + apart - Date.now()))
  }

  private watchWindow(): void {
    const watch = (userIds: readonly string[]) => this.tabs.post({ type: 'watch', tab: this.tab, userIds })
    this.unwatchWindow = watchWindow({
      offline: () => this.link.networkLost(),
      online: () => this.link.check(),
      // A tab that is closed, or put aside, watches nobody.
      hidden: () => watch([]),
      shown: () => watch(this.presences.wantedIn(this.tab)),
    })
  }

  // --- Asking the server ---------------------------------------------------------------------------------------------

  private async enter(path: string, userId: string, password: string, deviceName?: string): Promise<void> {
    const deviceId = this.state.deviceId ?? `${typeof window === 'undefined' ? 'node' : 'web'}-${randomId(8)}`
    const tokens = await this.rest.call<Tokens>('POST', path, undefined, { userId, password, deviceId, deviceName })
    // Somebody else's conversations are not for the new one.
    if (this.state.owner !== userId) await this.commit([{ type: 'signedOut', reason: 'signedOut' }])
    await this.commit([{ type: 'signedIn', session: sessionOf(userId, deviceId, tokens) }])
  }

  private async learn(page: Page, range: PageRange): Promise<void> {
    const { conversationId, messages, maxSeqNo } = page
    const complete = completedBy(page, range)
    const row = this.state.rows.get(conversationId)
    // Delivered is what is here without a gap above what was acked; on a device that has acked nothing yet, what reaches to the newest.
    const span = spanAt(addSpan(row?.spans ?? [], complete[0], complete[1]), row?.acked ? row.acked + 1 : maxSeqNo)
    // Only the tab with the connection can tell the server so.
    const acked = this.leads && span && span[1] > (row?.acked ?? 0) ? span[1] : undefined
    // A conversation without a message need not exist: a mistyped name is not one.
    if (!row && maxSeqNo === 0) return
    const known: Change[] = row ? [] : [{ type: 'listed', summary: { ...blank, conversationId, maxSeqNo }, activity: 0 }]
    await this.commit([
      ...known,
      { type: 'log', conversationId, messages, complete, acked },
      { type: 'advanced', conversationId, maxSeqNo },
    ])
    if (acked !== undefined) this.link.send({ type: 'ack', conversationId, seqNo: acked, status: 'delivered' })
  }

  private async loadReceipts(conversationId: string): Promise<void> {
    if (this.state.connection.status !== 'online') return
    try {
      const receipts = await this.server.receipts(conversationId)
      if (receipts) await this.commit([{ type: 'receipts', conversationId, receipts }])
    } catch {
      // Ticks are a comfort: the next connection asks again.
    }
  }

  /** Where a view has them all in its hands. */
  private unreadAbove(conversationId: string, seqNo: number): UnreadLeft | undefined {
    const open = [...this.timelines].find((timeline) => timeline.conversationId === conversationId)
    const messages = open?.messages ?? []
    const upTo = messages.at(-1)?.seqNo ?? 0
    if ((messages[0]?.seqNo ?? Infinity) > seqNo + 1) return undefined
    return { count: messages.filter((message) => message.seqNo > seqNo && message.senderId !== this.state.owner).length, upTo }
  }
}

/** A session's end and beginning, and what nobody keeps, may happen without one. */
const needsSession = (change: Change): boolean => change.type !== 'signedOut' && change.type !== 'signedIn' && isKept(change)

const blank = { deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0 }
