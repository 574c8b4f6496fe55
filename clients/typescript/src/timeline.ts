import { type Change, conversationOfChange, type Cursors, type Outgoing } from './changes.ts'
import { ChatError } from './errors.ts'
import type { Message, MessageChange, Notice, Page } from './protocol.ts'
import { missing, rangeAt, type SeqNoRanges } from './seqNoRanges.ts'
import type { PageRange } from './chatApi.ts'
import type { State } from './state.ts'
import type { ChatStore } from './store/store.ts'
import { TimelineEntries } from './timelineEntries.ts'

/** Messages of the first page, and of each older one. */
const pageSize = 50
const maxPageSize = 200
/** A gap may be filled by frames that are still arriving, so it is fetched only after this, ms. */
const gapDelay = 300
/** Before a page that failed for now is fetched again, if the server does not say, ms. */
const retryPause = 5_000
/** Before a page that was refused for good is fetched again because of new messages, ms. */
const refusalPause = 60_000

/** The receipt of an own message: `delivered` and `read` mean all other members. */
export type ReceiptState = 'sent' | 'delivered' | 'read'

/** A conversation's messages, from some seqNo up to the newest, while a view shows them. */
export interface Timeline {
  readonly conversationId: string
  /**
   * Ascending, a new array whenever it changed. From the first one up nothing is missing, except what is being fetched. Each is in its present state, with
   * the changes of it that wait in the outbox: another object whenever it changed.
   */
  readonly messages: readonly Message[]
  /** What happened to the group meanwhile, ascending: each stands between the messages, by its seqNo. A new array whenever it changed. */
  readonly notices: readonly Notice[]
  /** The outbox entries of the conversation, in order; to be shown after the messages. */
  readonly outgoing: readonly Outgoing[]
  /** There may be older messages than the first one. */
  readonly hasOlder: boolean
  /** Nothing is known yet, or a page is being fetched. */
  readonly loading: boolean
  /** Why the last page could not be fetched; undefined once one could. */
  readonly error: ChatError | undefined
  /** Adds a page of older messages, from the store or the server. Never rejects: see `error`. */
  loadOlder(): Promise<void>
  /** Adds older messages down to this seqNo. Stops, with `error`, if a page cannot be fetched. */
  loadDownTo(seqNo: number): Promise<void>
  /** The receipt of an own message. */
  receiptOf(message: Message): ReceiptState
  /** Which other members have read an own message, and which have only got it. */
  receiptsOf(message: Message): { readonly read: readonly string[]; readonly delivered: readonly string[] }
  /** Called after each change. @returns Ends the subscription. */
  subscribe(listener: () => void): () => void
  close(): void
}

export interface TimelineSource {
  readonly state: State
  readonly store: ChatStore
  /** Fetches a page, stores it and applies it, with what is heard of its messages meanwhile. @param isWanted Asked when it has come. */
  page(conversationId: string, range: PageRange, limit: number, isWanted: () => boolean): Promise<Page>
  closed(timeline: OpenTimeline): void
}

export class OpenTimeline implements Timeline {
  readonly conversationId: string
  error: ChatError | undefined
  private readonly source: TimelineSource
  private readonly listeners = new Set<() => void>()
  private readonly entries: TimelineEntries
  /** For each read of the store on its way, the changes heard meanwhile: what it gives may be older. */
  private readonly reads = new Set<MessageChange[]>()
  /** The lowest seqNo shown; from here up everything is known or being fetched. Undefined before there is anything. */
  private from: number | undefined
  private loads: Promise<void> = Promise.resolve()
  private pagesInFlight = 0
  private repairing = false
  private repairAgain = false
  /** How many missing seqNos the server's page did not fill, when it filled none. */
  private unfilled: number | undefined
  private repairSoon: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(conversationId: string, source: TimelineSource) {
    this.conversationId = conversationId
    this.source = source
    this.entries = new TimelineEntries(conversationId, source.state)
    void this.repair()
  }

  get messages(): readonly Message[] {
    return this.entries.messagesFrom(this.shownFrom)
  }

  get notices(): readonly Notice[] {
    return this.entries.noticesFrom(this.shownFrom)
  }

  get outgoing(): readonly Outgoing[] {
    return this.source.state.conversation(this.conversationId)?.outgoing ?? []
  }

  /** Up to where nothing is missing, as far as is known. */
  get upTo(): number {
    const last = this.messages.at(-1)?.seqNo ?? 0
    return lengthOf(this.gaps()) === 0 ? Math.max(last, this.source.state.find(this.conversationId)?.maxSeqNo ?? 0) : last
  }

  get hasOlder(): boolean {
    return !this.closed && (this.from ?? 1) > this.clearedUpTo + 1
  }

  private get shownFrom(): number {
    return Math.max(this.from ?? 1, this.clearedUpTo + 1)
  }

  private get clearedUpTo(): number {
    return this.source.state.find(this.conversationId)?.clearedUpTo ?? 0
  }

  get loading(): boolean {
    return this.pagesInFlight > 0 || (this.from === undefined && !this.error)
  }

  loadOlder(): Promise<void> {
    // A gap above comes first: the user may be trying again after an error.
    if (this.from === undefined || lengthOf(this.gaps()) > 0) {
      this.unfilled = undefined
      return this.repair()
    }
    return (this.loads = this.loads.then(() => this.keepingError(() => this.loadPage(pageSize))))
  }

  loadDownTo(seqNo: number): Promise<void> {
    return (this.loads = this.loads.then(() =>
      this.keepingError(async () => {
        while (this.hasOlder && this.from! > seqNo) await this.loadPage(maxPageSize)
      }),
    ))
  }

  receiptsOf({ seqNo }: Message): { read: string[]; delivered: string[] } {
    const others = this.othersReceipts()
    const read = others.filter(([, cursors]) => cursors.read >= seqNo).map(([userId]) => userId)
    return { read, delivered: others.filter(([userId, cursors]) => cursors.delivered >= seqNo && !read.includes(userId)).map(([userId]) => userId) }
  }

  receiptOf({ seqNo }: Message): ReceiptState {
    const others = this.othersReceipts()
    if (others.length === 0) return 'sent'
    if (others.every(([, { read }]) => read >= seqNo)) return 'read'
    return others.every(([, { delivered }]) => delivered >= seqNo) ? 'delivered' : 'sent'
  }

  private othersReceipts(): [string, Cursors][] {
    const { owner } = this.source.state
    return Object.entries(this.source.state.find(this.conversationId)?.receipts ?? {}).filter(([userId]) => userId !== owner)
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.repairSoon)
    this.listeners.clear()
    this.source.closed(this)
  }

  /** The state has changed. */
  changed(change: Change): void {
    if (change.type === 'epoch' || (change.type === 'signedOut' && change.reason !== 'expired')) return this.forget()
    if (change.type === 'connection') {
      if (!change.connection.caughtUp) return
      this.unfilled = undefined
      return void this.repair()
    }
    if (change.type === 'clock') {
      this.entries.expire([])
      return this.notify()
    }
    if (change.type !== 'unqueued' && conversationOfChange(change) !== this.conversationId) return
    if (change.type === 'unqueued' || change.type === 'queued') this.entries.outboxChanged()
    if (change.type === 'log') {
      this.entries.put(change.messages, change.complete)
      this.entries.layOn(change.changes ?? [])
      for (const heard of this.reads) heard.push(...(change.changes ?? []))
    }
    if (change.type === 'sent') this.entries.put([change.message], [change.message.seqNo, change.message.seqNo])
    if (change.type === 'settings' || change.type === 'listed') this.entries.clear(this.clearedUpTo)
    if (change.type === 'removed') this.forget()
    if (change.type === 'expired' || change.type === 'lapsed') this.entries.expire(change.type === 'expired' ? change.seqNos : [])
    if (change.type === 'missed') this.entries.miss(change.seqNo)
    if (mayLeaveGap.has(change.type)) this.repairLater()
    this.notify()
  }

  /** Another tab may have written to the store without telling. */
  async refresh(): Promise<void> {
    const { from } = this
    if (from !== undefined)
      await this.keepingError(async () => {
        for (const [a, b] of this.source.state.find(this.conversationId)?.complete ?? [])
          if (b >= from) await this.readStored(Math.max(a, from), b, Infinity, (messages) => this.entries.put(messages, [Math.max(a, from), b]))
      })
    await this.repair()
  }

  /** Shows the newest stored messages, at once and without network. */
  private async showStored(): Promise<void> {
    const range = this.source.state.find(this.conversationId)?.complete.at(-1)
    if (!range) return
    await this.readStored(range[0], range[1], pageSize, (messages) => {
      if (this.closed || this.from !== undefined) return
      this.from = messages.length < pageSize ? range[0] : messages[0]!.seqNo
      this.entries.put(messages, [this.from, range[1]])
      this.notify()
    })
  }

  /** Gives stored messages to `use`, with what was heard of them while they were being read. */
  private async readStored(from: number, to: number, limit: number, use: (messages: readonly Message[]) => void): Promise<void> {
    const heard: MessageChange[] = []
    this.reads.add(heard)
    try {
      use(await this.source.store.messages(this.conversationId, from, to, limit))
      this.entries.layOn(heard)
    } finally {
      this.reads.delete(heard)
    }
  }

  /** Fetches what is missing between the first message shown and the newest one. */
  private async repair(): Promise<void> {
    this.repairAgain = this.repairing
    if (this.repairing || this.closed) return
    this.repairing = true
    do {
      this.repairAgain = false
      await this.keepingError(() => this.fillGaps())
    } while (this.repairAgain && !this.closed)
    this.repairing = false
    if (this.error?.isTransient) this.repairLater(this.error.retryAfterMs ?? retryPause)
  }

  private async fillGaps(): Promise<void> {
    if (this.from === undefined) await this.showStored()
    if (this.from === undefined) await this.showNewest()
    let before = Infinity
    for (;;) {
      const gaps = this.gaps()
      const count = lengthOf(gaps)
      if (this.closed || count === 0) return
      if (count >= before) {
        // A page that fills nothing: the server has fewer messages than it said.
        this.unfilled = count
        return
      }
      before = count
      if (count <= maxPageSize) await this.fetch({ after: gaps[0]![0] - 1 }, maxPageSize)
      else await this.showNewest()
    }
  }

  /** What is missing between the first message shown and the newest one. */
  private gaps(): SeqNoRanges {
    return missing(this.entries.complete, this.from ?? 1, this.source.state.find(this.conversationId)?.maxSeqNo ?? 0)
  }

  /** Nothing is known, or too much is missing: starts over with the newest page, and leaves a gap below it. */
  private async showNewest(): Promise<void> {
    const page = await this.fetch({ before: Number.MAX_SAFE_INTEGER }, pageSize)
    if (!this.closed) this.showFrom(page.nextBefore ?? 1)
  }

  private showFrom(from: number): void {
    this.from = from
    this.notify()
  }

  private repairLater(pause = this.error && !this.error.isTransient ? refusalPause : gapDelay): void {
    if (this.closed) return
    if (this.from === undefined && pause === gapDelay) return void this.repair()
    const lacking = lengthOf(this.gaps())
    if (this.from !== undefined && (lacking === 0 || lacking === this.unfilled)) return
    this.repairSoon ??= setTimeout(() => {
      this.repairSoon = undefined
      void this.repair()
    }, pause)
  }

  private async loadPage(limit: number): Promise<void> {
    if (!this.hasOlder || this.closed) return
    const below = this.from! - 1
    const range = rangeAt(this.source.state.find(this.conversationId)?.complete ?? [], below)
    if (range) {
      await this.readStored(range[0], below, limit, (messages) => {
        const from = messages.length < limit ? range[0] : messages[0]!.seqNo
        this.entries.put(messages, [from, below])
        this.extendDown(from)
      })
    } else {
      const page = await this.fetch({ before: below + 1 }, limit)
      this.extendDown(page.nextBefore ?? 1)
    }
  }

  private extendDown(from: number): void {
    if (this.from !== undefined && from < this.from) this.showFrom(from)
  }

  private async fetch(range: PageRange, limit: number): Promise<Page> {
    this.pagesInFlight++
    this.notify()
    try {
      return await this.source.page(this.conversationId, range, limit, () => !this.closed)
    } finally {
      this.pagesInFlight--
      this.notify()
    }
  }

  /** Keeps an error for the view; the next load or connection tries again. */
  private async keepingError(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.error = undefined
    } catch (error) {
      this.error = error instanceof ChatError ? error : new ChatError('storage', `The store cannot be read: ${String(error)}`)
    }
    this.notify()
  }

  private forget(): void {
    this.from = undefined
    this.entries.forget()
    this.error = undefined
    this.notify()
  }

  private notify(): void {
    if (!this.closed) for (const listener of this.listeners) listener()
  }
}

/** After these changes messages may be missing. */
const mayLeaveGap: ReadonlySet<Change['type']> = new Set<Change['type']>(['log', 'sent', 'advanced', 'missed', 'listed'])

const lengthOf = (ranges: SeqNoRanges): number => ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0)

/** The range that a page completes. */
export const rangeOfPage = (page: Page, range: PageRange): readonly [number, number] =>
  'after' in range
    ? [range.after + 1, page.nextAfter ?? range.after]
    : [page.nextBefore ?? 1, Math.min(range.before - 1, page.maxSeqNo)]

