import type { Change } from './changes.ts'
import { ChatApi } from './chatApi.ts'
import { Connector } from './connector.ts'
import { ConversationListReader } from './conversationList.ts'
import { Expiry } from './expiry.ts'
import { randomId } from './ids.ts'
import { Journal } from './journal.ts'
import { MediaApi } from './media/mediaApi.ts'
import { MediaReader } from './media/mediaReader.ts'
import { OutgoingFiles } from './media/outgoingFiles.ts'
import { Uploader } from './media/uploader.ts'
import type { SendBytes } from './media/uploadRequests.ts'
import { Outbox } from './outbox.ts'
import { PresenceWatch } from './presenceWatch.ts'
import { Receiver } from './receiver.ts'
import { type Fetch, RestClient } from './restClient.ts'
import { SessionTokens } from './sessionTokens.ts'
import type { State } from './state.ts'
import type { ChatStore } from './store/store.ts'
import type { TabMessage, Tabs } from './tabs.ts'
import { Timelines } from './timelines.ts'
import type { Connect } from './transport/transport.ts'
import { watchWindow } from './window.ts'

/** Before a store that could not be read is read again, ms. */
const storeRetryPause = 1_000

/**
 * The parts of a client, and what each does when another has news. Of several tabs one leads: it has the connection, and only there do the
 * receiver, the outbox and the reader of the conversation list work. The others send it messages.
 */
export class Runtime {
  readonly journal: Journal
  readonly state: State
  readonly store: ChatStore
  readonly rest: RestClient
  readonly tokens: SessionTokens
  readonly api: ChatApi
  readonly conversationList: ConversationListReader
  readonly timelines: Timelines
  readonly uploader: Uploader
  readonly media: MediaReader
  private readonly tabs: Tabs
  private readonly connector: Connector
  private readonly receiver: Receiver
  private readonly outbox: Outbox
  private readonly files: OutgoingFiles
  private readonly presences: PresenceWatch
  private readonly expiry: Expiry
  private readonly tab = randomId(8)
  private unwatchWindow = (): void => undefined
  private leads = false

  constructor(options: { url: string; connect: Connect; fetch: Fetch; sendBytes: SendBytes }, store: ChatStore, tabs: Tabs) {
    this.journal = new Journal(store, tabs, (change) => this.applied(change))
    this.state = this.journal.state
    const commit = (changes: Change[]) => this.journal.commit(changes)
    const apply = (changes: Change[]) => this.journal.apply(changes)
    const send: Connector['send'] = (frame) => this.connector.send(frame)
    this.store = store
    this.tabs = tabs
    this.rest = new RestClient(options.url, options.fetch)
    this.tokens = new SessionTokens(this.rest, store, tabs.lock, { session: () => this.state.session, commit, apply })
    this.api = new ChatApi(this.rest, this.tokens, () => this.journal.generation)
    this.outbox = new Outbox(this.state, send, commit)
    const media = new MediaApi(options.url, this.tokens, options.fetch, options.sendBytes)
    this.uploader = new Uploader(media, store.files)
    this.media = new MediaReader(media)
    this.files = new OutgoingFiles(this.state, store, this.uploader, this.media, commit)
    this.conversationList = new ConversationListReader(this.state, this.api, commit)
    this.presences = new PresenceWatch(this.state, send)
    this.timelines = new Timelines(this.journal, store, this.api, {
      leads: () => this.leads,
      ack: (conversationId, seqNo) => send({ type: 'ack', conversationId, seqNo, status: 'delivered' }),
    })
    this.expiry = new Expiry(this.state, {
      leads: () => this.leads,
      stored: (conversationId, from) => store.messages(conversationId, from, Number.MAX_SAFE_INTEGER, Infinity),
      below: async (conversationId, seqNo) => (await store.messages(conversationId, 1, seqNo - 1, 1))[0],
      commit,
      apply,
      listChanged: () => this.conversationList.refreshSoon(),
    })
    this.receiver = new Receiver(this.state, {
      commit,
      send,
      stored: async (conversationId, seqNo) => (await store.messages(conversationId, seqNo, seqNo, 1))[0],
      listChanged: () => this.conversationList.refreshSoon(),
      caughtUp: () => this.caughtUp(),
      deleted: (conversationId, messageId) => void this.readAgain(conversationId, messageId),
      asSent: (item) => this.outbox.asSent(item),
      answered: (clientMsgId) => this.outbox.release(clientMsgId),
      refused: (clientMsgId, error) => this.outbox.refused(clientMsgId, error),
    })
    this.connector = new Connector(options.url, options.connect, this.tokens, {
      opened: () => this.opened(),
      frame: (frame) => this.receiver.take(frame),
      changed: (connection) => void this.journal.commit([{ type: 'connection', connection }]),
    })
  }

  /** This tab has the connection. */
  get isLeading(): boolean {
    return this.leads
  }

  /** Reads the store and, where it holds a session, goes online. */
  async start(): Promise<void> {
    // Before the store is read: what another tab writes meanwhile is then applied twice, which changes nothing.
    this.tabs.listen((message) => this.received(message))
    this.state.load(await this.store.load())
    this.expiry.plan()
    this.tabs.post({ type: 'hello' })
    this.tabs.lead(() => void this.lead())
    const watch = (userIds: readonly string[]) => this.tabs.post({ type: 'watch', tab: this.tab, userIds })
    this.unwatchWindow = watchWindow({
      offline: () => this.connector.networkLost(),
      online: () => this.connector.check(),
      // A tab that is closed or hidden away watches nobody.
      hidden: () => watch([]),
      shown: () => watch(this.presences.wantedIn(this.tab)),
    })
  }

  /** Connects now: ends the pause before the next attempt, or takes the device back after `replaced`. */
  connectNow(): void {
    if (this.leads) this.connector.now()
    else this.tabs.post({ type: 'now' })
  }

  sendTyping(conversationId: string, active: boolean): void {
    if (this.leads) this.connector.send({ type: 'typing', conversationId, active })
    else this.tabs.post({ type: 'typing', conversationId, active })
  }

  /** All users whose presence this tab shows. */
  watch(userIds: readonly string[]): void {
    this.presences.want(this.tab, userIds)
    this.tabs.post({ type: 'watch', tab: this.tab, userIds })
    if (this.leads) this.presences.subscribe()
  }

  async close(): Promise<void> {
    this.receiver.closing()
    if (this.journal.isClosed) return
    await this.tokens.close()
    this.journal.close()
    this.presences.stop()
    this.expiry.stop()
    this.unwatchWindow()
    this.timelines.close()
    this.outbox.stop()
    this.files.stop()
    this.conversationList.stop()
    this.tabs.post({ type: 'watch', tab: this.tab, userIds: [] })
    this.tabs.close()
    this.connector.stop()
    await this.store.close()
  }

  private applied(change: Change): void {
    this.timelines.changed(change)
    this.expiry.changed(change)
    if (change.type === 'signedOut') this.media.clear()
    if (this.leads) this.react(change)
  }

  /** What the leading tab does about a change, in whichever tab it was made. */
  private react(change: Change): void {
    switch (change.type) {
      case 'sent':
        this.files.look()
        return this.presences.changed(change)
      case 'log':
        // What was deleted may have been unread: the list has the number.
        if (change.changes?.some(({ kind, target }) => kind === 'delete' && target.seqNo > (this.state.find(change.conversationId)?.readSeqNo ?? 0)))
          this.conversationList.refreshSoon()
        return this.presences.changed(change)
      case 'listed':
        return this.presences.changed(change)
      case 'removed':
        this.files.look()
        return this.conversationList.removed(change.conversationId)
      case 'settings':
        this.conversationList.changed(change.conversationId)
        // How many are left unread is in the list.
        if (change.clearedUpTo && this.state.find(change.conversationId)?.unreadCount) this.conversationList.refreshSoon()
        return
      case 'queued':
        this.files.look()
        return this.outbox.pump()
      case 'unqueued':
        this.files.look()
        return this.outbox.release(change.clientMsgId)
      case 'read':
        if (change.unsent) this.connector.send({ type: 'ack', conversationId: change.conversationId, seqNo: change.seqNo, status: 'read' })
        if (this.state.find(change.conversationId)?.unreadCount) this.conversationList.refreshSoon()
        return
      case 'signedIn':
        this.files.start()
        this.connector.start()
        this.connector.send({ type: 'auth', token: change.session.accessToken })
        return this.tokens.planRenewal(this.tabs.exclusive)
      case 'signedOut':
        this.tokens.unplan()
        this.outbox.stop()
        this.files.stop()
        this.conversationList.stop()
        this.receiver.closing()
        this.receiver.opened()
        return this.connector.stop()
    }
  }

  private received(message: TabMessage): void {
    switch (message.type) {
      case 'changes':
        // A leading tab has a connection of its own.
        return this.journal.apply(this.leads ? message.changes.filter(({ type }) => type !== 'connection') : message.changes)
      case 'hello':
        this.tabs.post({ type: 'watch', tab: this.tab, userIds: this.presences.wantedIn(this.tab) })
        if (this.leads) this.tabs.post({ type: 'changes', changes: this.transientState() })
        return
      case 'watch':
        this.presences.want(message.tab, message.userIds)
        return this.leads ? this.presences.subscribe() : undefined
      case 'typing':
        if (this.leads) this.connector.send({ type: 'typing', conversationId: message.conversationId, active: message.active })
        return
      case 'now':
        if (this.leads) this.connector.now()
    }
  }

  /** What a new tab cannot read from the store. */
  private transientState(): Change[] {
    const presence = [...this.state.presence].map(([userId, presence]): Change => ({ type: 'presence', userId, presence }))
    const clock: Change[] = this.state.clockOffset === undefined ? [] : [{ type: 'clock', offset: this.state.clockOffset }]
    return [{ type: 'connection', connection: this.state.connection }, ...clock, ...presence]
  }

  private async lead(): Promise<void> {
    // The tab that led before may have written something without telling.
    if (!(await this.journal.reload())) {
      if (!this.journal.isClosed) setTimeout(() => void this.lead(), storeRetryPause)
      return
    }
    this.timelines.refresh()
    this.leads = true
    this.expiry.plan()
    this.tabs.post({ type: 'hello' })
    if (!this.state.session) return
    this.files.start()
    this.connector.start()
    this.tokens.planRenewal(this.tabs.exclusive)
  }

  private opened(): void {
    this.receiver.opened()
    this.presences.opened()
    for (const { id, readSeqNo, readUnsent } of this.state.stored.values())
      if (readUnsent) this.connector.send({ type: 'ack', conversationId: id, seqNo: readSeqNo, status: 'read' })
    this.outbox.opened()
    this.files.opened()
  }

  private async readAgain(conversationId: string, messageId: string): Promise<void> {
    try {
      const messages = [await this.api.message(conversationId, messageId)]
      await this.journal.commit([{ type: 'log', conversationId, messages }])
    } catch {
      // It stays as it is shown.
    }
  }

  private caughtUp(): void {
    this.connector.caughtUp()
    this.conversationList.refreshAll()
    void this.journal.findQueued()
  }
}
