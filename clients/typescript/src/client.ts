import { type Change, type Connection, type Outgoing, type Presence, type Session, type SignedOutReason } from './changes.ts'
import { contentOf, type MessageContent } from './content.ts'
import { randomId } from './ids.ts'
import { Inbox } from './inbox.ts'
import { Journal } from './journal.ts'
import { Link } from './link.ts'
import { Listing } from './listing.ts'
import { outgoing, OutboxSender } from './outbox.ts'
import type { Device, Group, History, Role, Tokens } from './protocol.ts'
import { PresenceWatch } from './presence.ts'
import { type Fetch, Rest } from './rest.ts'
import { Server } from './server.ts'
import { sessionOf, SessionTokens } from './session.ts'
import type { Conversation, State } from './state.ts'
import { IndexedDbStore } from './store/indexeddb.ts'
import { MemoryStore } from './store/memory.ts'
import type { ChatStore } from './store/store.ts'
import { type TabMessage, type Tabs, tabsOf } from './tabs.ts'
import type { Timeline } from './timeline.ts'
import { signalRTransport } from './transport/signalr.ts'
import type { Connect } from './transport/transport.ts'
import { OwnTyping } from './typing.ts'
import { Views } from './views.ts'
import { watchWindow } from './window.ts'

/** Before a store that could not be read is read again, ms. */
const leadPause = 1_000

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
  private readonly journal: Journal
  private readonly state: State
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
  private readonly views: Views
  private readonly tab = randomId(8)
  private readonly ownTyping = new OwnTyping()
  private unwatchWindow = (): void => undefined
  /** This tab has the connection. */
  private leads = false

  private constructor(options: Required<Pick<ChatClientOptions, 'url' | 'connect' | 'fetch'>>, store: ChatStore, tabs: Tabs) {
    this.journal = new Journal(store, tabs, (change) => this.applied(change))
    this.state = this.journal.state
    const commit = (changes: Change[]) => this.journal.commit(changes)
    const apply = (changes: Change[]) => this.journal.apply(changes)
    const send: Link['send'] = (frame) => this.link.send(frame)
    this.store = store
    this.tabs = tabs
    this.rest = new Rest(options.url, options.fetch)
    this.tokens = new SessionTokens(this.rest, store, tabs.lock, { session: () => this.state.session, commit, apply })
    this.server = new Server(this.rest, this.tokens, () => this.journal.era)
    this.outbox = new OutboxSender(this.state, send, commit)
    this.listing = new Listing(this.state, this.server, commit)
    this.presences = new PresenceWatch(this.state, send)
    this.views = new Views(this.journal, store, this.server, {
      leads: () => this.leads,
      ack: (conversationId, seqNo) => send({ type: 'ack', conversationId, seqNo, status: 'delivered' }),
    })
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
      moved: (connection) => void this.journal.commit([{ type: 'connection', connection }]),
    })
  }

  /** Opens the store and, where it holds a session, goes online by itself. */
  static async open(options: ChatClientOptions): Promise<ChatClient> {
    const name = options.name ?? 'chat'
    const store: ChatStore = options.store ?? (typeof indexedDB === 'undefined' ? new MemoryStore() : await IndexedDbStore.open(name))
    const { url, connect = signalRTransport, fetch = (address, request) => globalThis.fetch(address, request) } = options
    const tabs = tabsOf(name, options.store !== undefined || typeof window === 'undefined')
    const client = new ChatClient({ url, connect, fetch }, store, tabs)
    // Heard before the store is read: what is written in between is applied twice, which does no harm.
    tabs.listen((message) => client.heard(message))
    store.onReopened?.(() => void client.storeReopened().catch(() => undefined))
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

  /** This tab has the connection for all tabs of the installation: what is to be done once, such as a notification, is done in it. */
  get isLeading(): boolean {
    return this.leads
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
    return this.journal.subscribe(listener)
  }

  /** Makes an account and signs in. @throws ChatError `conflict` where the id is taken. */
  register(userId: string, password: string, deviceName?: string): Promise<void> {
    return this.enter('/v1/auth/register', userId, password, deviceName)
  }

  /** @throws ChatError `unauthenticated` for a wrong password and for an unknown user alike. */
  signIn(userId: string, password: string, deviceName?: string): Promise<void> {
    return this.enter('/v1/auth/login', userId, password, deviceName)
  }

  /**
   * Changes the password and ends the user's other sessions; this one goes on.
   * @param newPassword 8 to 256 characters, not a common one.
   * @throws ChatError `forbidden` for a wrong current password, `bad_request` for a new one that the server does not take, `rate_limited` after
   * many wrong ones. After `network` it may have been changed: then the session ends, and the new password signs in.
   */
  changePassword(currentPassword: string, newPassword: string): Promise<void> {
    return this.tokens.changePassword(currentPassword, newPassword)
  }

  /** Ends the session and wipes the store, with what still waits to be sent; the server is told as well as it can be. */
  async signOut(): Promise<void> {
    const { session } = this.state
    if (session) await this.endSession(session, 'signedOut')
  }

  /** Offline: tries now. After `replaced`: takes the device back. */
  retryNow(): void {
    if (this.leads) this.link.now()
    else this.tabs.post({ type: 'now' })
  }

  /**
   * Takes a message in: when this resolves it is in the outbox and goes out by itself.
   * @param to A conversationId, or `@userId` for the direct conversation with that user.
   * @param content A text, or what else the message says. A message or an outbox entry may be given: sent is what it says.
   * @param options.replyTo With a text: the messageId that it answers, of the same conversation.
   * @throws ChatError `bad_request` for no text or half a surrogate pair, `too_large` beyond 16 KiB, `rate_limited` where 1,000 wait, `storage`.
   */
  async send(to: string, content: string | MessageContent, { replyTo }: { replyTo?: string } = {}): Promise<Outgoing> {
    const said = typeof content === 'string' ? { text: content, ...(replyTo !== undefined && { replyTo }) } : contentOf(content)
    const item = outgoing(this.state, to, said)
    await this.journal.commit([{ type: 'queued', item }])
    return item
  }

  /** Sends a failed message once more, as the same attempt. */
  async retry(clientMsgId: string): Promise<void> {
    const item = this.state.outbox.get(clientMsgId)
    if (item?.state === 'failed') await this.journal.commit([{ type: 'queued', item: { ...item, state: 'waiting', error: undefined } }])
  }

  /** Drops a message that was not acked. One that was under way may have arrived all the same. */
  async discard(clientMsgId: string): Promise<void> {
    const item = this.state.outbox.get(clientMsgId)
    if (!item) return
    const { conversationId } = item
    // A conversation that was left is there for these alone.
    const isLast = this.state.rows.get(conversationId)?.left === true && this.state.outgoing(conversationId).length === 1
    await this.journal.commit([{ type: 'unqueued', clientMsgId }, ...(isLast ? [{ type: 'removed' as const, conversationId }] : [])])
  }

  /** Everything up to here was read; the server hears of it now or when there is one. */
  async markRead(conversationId: string, seqNo: number): Promise<void> {
    const row = this.state.rows.get(conversationId)
    if (!row || seqNo <= row.readSeqNo) return
    const left = this.views.unreadAbove(conversationId, seqNo)
    await this.journal.commit([{ type: 'read', conversationId, seqNo: Math.min(seqNo, row.maxSeqNo), left, unsent: true }])
  }

  /** The user is writing, or has stopped. May be called with every key. */
  typing(conversationId: string, active: boolean): void {
    if (!this.ownTyping.isNews(conversationId, active)) return
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
    return this.views.open(conversationId)
  }

  async createGroup(title: string, members: readonly string[], history?: History): Promise<Group> {
    const group = await this.server.createGroup(title, members, history)
    const { conversationId } = group
    const summary = { conversationId, title: group.title, maxSeqNo: 0, deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0 }
    await this.journal.commit([{ type: 'listed', summary, activity: Date.now() }])
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

  /** The group goes from the list, unless something could not be sent to it. An owner hands over to the longest-serving admin, else member. */
  async leave(conversationId: string): Promise<void> {
    await this.removeMember(conversationId, this.state.session?.userId ?? '')
    await this.journal.commit([{ type: 'removed', conversationId }])
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
    this.inbox.closing()
    if (this.journal.isClosed) return
    await this.tokens.close()
    this.journal.close()
    this.presences.stop()
    this.unwatchWindow()
    this.views.close()
    this.outbox.stop()
    this.listing.stop()
    this.tabs.post({ type: 'watch', tab: this.tab, userIds: [] })
    this.tabs.close()
    this.link.stop()
    await this.store.close()
  }

  private applied(change: Change): void {
    this.views.changed(change)
    if (this.leads) this.react(change)
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
        return this.tokens.planRenewal(this.tabs.exclusive)
      case 'signedOut':
        this.tokens.unplan()
        this.outbox.stop()
        this.listing.stop()
        this.inbox.closing()
        this.inbox.opened()
        return this.link.stop()
    }
  }

  private heard(message: TabMessage): void {
    switch (message.type) {
      case 'changes':
        // Who leads has a connection of its own.
        return this.journal.apply(this.leads ? message.changes.filter(({ type }) => type !== 'connection') : message.changes)
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
    if (!(await this.journal.reload())) {
      if (!this.journal.isClosed) setTimeout(() => void this.lead(), leadPause)
      return
    }
    this.views.refresh()
    this.leads = true
    this.tabs.post({ type: 'hello' })
    if (!this.state.session) return
    this.link.start()
    this.tokens.planRenewal(this.tabs.exclusive)
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
    void this.journal.findQueued()
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
    if (this.state.owner !== userId) await this.journal.commit([{ type: 'signedOut', reason: 'signedOut' }])
    // With what waits in memory alone, where the store was lost.
    const waiting = [...this.state.outbox.values()].map((item): Change => ({ type: 'queued', item }))
    await this.journal.commit([{ type: 'signedIn', session: sessionOf(userId, deviceId, tokens) }, ...waiting])
  }

  /** The store was opened anew. Without the session everything else that was in it is gone as well. */
  private async storeReopened(): Promise<void> {
    const stored = await this.store.load().catch(() => undefined)
    const { session } = this.state
    if (stored && !stored.session && session) await this.endSession(session, 'lost')
  }

  private async endSession(session: Session, reason: SignedOutReason): Promise<void> {
    await this.journal.commit([{ type: 'signedOut', reason }])
    void this.rest.call('POST', '/v1/auth/logout', undefined, { refreshToken: session.refreshToken }).catch(() => undefined)
  }
}
