import { type Change, conversationOfChange, type Outgoing } from './changes.ts'
import { ChatError } from './errors.ts'
import type { Message, Page } from './protocol.ts'
import { addSpan, missing, spanAt, without, type Span, type Spans } from './spans.ts'
import type { PageRange } from './server.ts'
import type { State } from './state.ts'
import type { ChatStore } from './store/store.ts'

/** Messages shown at first, and more of them with each step down. */
const step = 50
const largestPage = 200
/** How long a gap may be due to what is still coming on the connection before it is fetched, ms. */
const settling = 300
/** Before a page that did not come for now is asked for again, where the server does not say, ms. */
const retryPause = 5_000
/** Before what comes makes it ask again for a page that was refused for good, ms. */
const refusalPause = 60_000

/** How far an own message has come: `delivered` and `read` are of all other members. */
export type Tick = 'sent' | 'delivered' | 'read'

/** A conversation's messages, from some place up to the newest, for as long as somebody looks at them. */
export interface Timeline {
  readonly conversationId: string
  /** Ascending, a new array whenever it changed. Nothing that exists is left out above the first one, but for what is being fetched. */
  readonly messages: readonly Message[]
  /** What is on its way, in order; shown behind the messages. */
  readonly outgoing: readonly Outgoing[]
  /** There may be messages below the first one. */
  readonly hasOlder: boolean
  /** Nothing is known yet, or a page is on its way. */
  readonly loading: boolean
  /** Why the last page did not come; undefined once one has. */
  readonly error: ChatError | undefined
  /** Takes in a step of older messages, from the store or the server. Never rejects: see `error`. */
  loadOlder(): Promise<void>
  /** Takes in older messages until this place is among them. Gives up, with `error`, where a page does not come. */
  loadDownTo(seqNo: number): Promise<void>
  /** Of an own message. */
  tickOf(message: Message): Tick
  /** Called after each change. @returns Ends that. */
  subscribe(listener: () => void): () => void
  close(): void
}

export interface TimelineHome {
  readonly state: State
  readonly store: ChatStore
  page(conversationId: string, range: PageRange, limit: number): Promise<Page>
  /** Writes a page down and applies it. */
  learn(page: Page, range: PageRange): Promise<void>
  closed(timeline: OpenTimeline): void
}

export class OpenTimeline implements Timeline {
  readonly conversationId: string
  error: ChatError | undefined
  private readonly home: TimelineHome
  private readonly listeners = new Set<() => void>()
  private readonly known = new Map<number, Message>()
  /** Of which stretches everything is in `known`. The store may drop them; what is on screen stays. */
  private held: Spans = []
  private sorted: readonly Message[] | undefined
  /** Everything from here up is here or being fetched; undefined before anything is. */
  private from: number | undefined
  private steps: Promise<void> = Promise.resolve()
  private pagesUnderWay = 0
  private repairing = false
  private repairAgain = false
  /** As many places as the server did not have when it was asked for them. */
  private unfilled: number | undefined
  private repairSoon: ReturnType<typeof setTimeout> | undefined
  private over = false

  constructor(conversationId: string, home: TimelineHome) {
    this.conversationId = conversationId
    this.home = home
    void this.repair()
  }

  get messages(): readonly Message[] {
    return (this.sorted ??= [...this.known.values()].sort((a, b) => a.seqNo - b.seqNo))
  }

  get outgoing(): readonly Outgoing[] {
    return this.home.state.conversation(this.conversationId)?.outgoing ?? []
  }

  get hasOlder(): boolean {
    return !this.over && (this.from ?? 1) > 1
  }

  get loading(): boolean {
    return this.pagesUnderWay > 0 || (this.from === undefined && !this.error)
  }

  loadOlder(): Promise<void> {
    // What is missing above comes first: it is what somebody who tries again wants.
    if (this.from === undefined || lengthOf(this.gaps()) > 0) {
      this.unfilled = undefined
      return this.repair()
    }
    return (this.steps = this.steps.then(() => this.guarded(() => this.stepDown(step))))
  }

  loadDownTo(seqNo: number): Promise<void> {
    return (this.steps = this.steps.then(() =>
      this.guarded(async () => {
        while (this.hasOlder && this.from! > seqNo) await this.stepDown(largestPage)
      }),
    ))
  }

  tickOf({ seqNo }: Message): Tick {
    const { rows, owner } = this.home.state
    const others = Object.entries(rows.get(this.conversationId)?.receipts ?? {}).filter(([userId]) => userId !== owner)
    if (others.length === 0) return 'sent'
    if (others.every(([, { read }]) => read >= seqNo)) return 'read'
    return others.every(([, { delivered }]) => delivered >= seqNo) ? 'delivered' : 'sent'
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  close(): void {
    this.over = true
    clearTimeout(this.repairSoon)
    this.listeners.clear()
    this.home.closed(this)
  }

  /** The state has taken in a change. */
  changed(change: Change): void {
    if (change.type === 'epoch' || (change.type === 'signedOut' && change.reason !== 'expired')) return this.forget()
    if (change.type === 'connection') {
      if (!change.connection.caughtUp) return
      this.unfilled = undefined
      return void this.repair()
    }
    if (change.type !== 'unqueued' && conversationOfChange(change) !== this.conversationId) return
    if (change.type === 'log') this.put(change.messages, change.complete)
    if (change.type === 'sent') this.put([change.message], [change.message.seqNo, change.message.seqNo])
    if (change.type === 'removed') this.forget()
    if (change.type === 'missed') this.held = without(this.held, change.seqNo)
    if (raisesQuestions.has(change.type)) this.repairLater()
    this.tell()
  }

  /** Another tab has written to the store what it could not tell any more. */
  async refresh(): Promise<void> {
    const { from } = this
    if (from !== undefined)
      await this.guarded(async () => {
        for (const [a, b] of this.home.state.rows.get(this.conversationId)?.spans ?? [])
          if (b >= from) this.put(await this.home.store.messages(this.conversationId, Math.max(a, from), b, Infinity), [Math.max(a, from), b])
      })
    await this.repair()
  }

  /** The newest that is stored, to be seen at once and without network. */
  private async fromStore(): Promise<void> {
    const span = this.home.state.rows.get(this.conversationId)?.spans.at(-1)
    if (!span) return
    const messages = await this.home.store.messages(this.conversationId, span[0], span[1], step)
    if (this.over || this.from !== undefined) return
    const from = messages.length < step ? span[0] : messages[0]!.seqNo
    this.begin(from)
    this.put(messages, [from, span[1]])
    this.tell()
  }

  /** Fetches what is missing between the first message here and the newest there is. */
  private async repair(): Promise<void> {
    this.repairAgain = this.repairing
    if (this.repairing || this.over) return
    this.repairing = true
    do {
      this.repairAgain = false
      await this.guarded(() => this.fillGaps())
    } while (this.repairAgain && !this.over)
    this.repairing = false
    if (this.error?.passes) this.repairLater(this.error.retryAfterMs ?? retryPause)
  }

  private async fillGaps(): Promise<void> {
    if (this.from === undefined) await this.fromStore()
    if (this.from === undefined) await this.jump()
    let before = Infinity
    for (;;) {
      const gaps = this.gaps()
      const count = lengthOf(gaps)
      if (this.over || count === 0) return
      if (count >= before) {
        // A page that fills nothing is a server that knows less than it said.
        this.unfilled = count
        return
      }
      before = count
      if (count <= largestPage) await this.fetch({ after: gaps[0]![0] - 1 }, largestPage)
      else await this.jump()
    }
  }

  /** What is not here between the first message and the newest there is. */
  private gaps(): Spans {
    return missing(this.held, this.from ?? 1, this.home.state.rows.get(this.conversationId)?.maxSeqNo ?? 0)
  }

  /** Too much is missing, or nothing is here: begins anew at the newest page; what lies between is a gap below it. */
  private async jump(): Promise<void> {
    const range = { before: Number.MAX_SAFE_INTEGER }
    const page = await this.fetch(range, step)
    if (this.over) return
    this.begin(page.nextBefore ?? 1)
    this.put(page.messages, completedBy(page, range))
  }

  private begin(from: number): void {
    this.from = from
    for (const seqNo of this.known.keys()) if (seqNo < from) this.known.delete(seqNo)
  }

  private repairLater(pause = this.error && !this.error.passes ? refusalPause : settling): void {
    if (this.over) return
    if (this.from === undefined && pause === settling) return void this.repair()
    const lacking = lengthOf(this.gaps())
    if (this.from !== undefined && (lacking === 0 || lacking === this.unfilled)) return
    this.repairSoon ??= setTimeout(() => {
      this.repairSoon = undefined
      void this.repair()
    }, pause)
  }

  private async stepDown(limit: number): Promise<void> {
    if (!this.hasOlder || this.over) return
    const below = this.from! - 1
    const span = spanAt(this.home.state.rows.get(this.conversationId)?.spans ?? [], below)
    if (span) {
      const messages = await this.home.store.messages(this.conversationId, span[0], below, limit)
      this.lower(messages.length < limit ? span[0] : messages[0]!.seqNo, messages, below)
    } else {
      const page = await this.fetch({ before: below + 1 }, limit)
      this.lower(page.nextBefore ?? 1, page.messages, below)
    }
  }

  private lower(from: number, messages: readonly Message[], to: number): void {
    if (this.from === undefined || from >= this.from) return
    this.from = from
    this.put(messages, [from, to])
    this.tell()
  }

  private async fetch(range: PageRange, limit: number): Promise<Page> {
    this.pagesUnderWay++
    this.tell()
    try {
      const page = await this.home.page(this.conversationId, range, limit)
      if (!this.over) await this.home.learn(page, range)
      return page
    } finally {
      this.pagesUnderWay--
      this.tell()
    }
  }

  /** Keeps why something failed, for the view; it is tried again with the next step or connection. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.error = undefined
    } catch (error) {
      this.error = error instanceof ChatError ? error : new ChatError('storage', `What is stored cannot be read: ${String(error)}`)
    }
    this.tell()
  }

  /** What comes before the first page has is kept, too: it is above that page, or of it. */
  private put(messages: readonly Message[], [from, to]: Span = [1, 0]): void {
    this.held = addSpan(this.held, from, to)
    for (const message of messages) if (message.seqNo >= (this.from ?? 1)) this.known.set(message.seqNo, message)
    this.sorted = undefined
  }

  private forget(): void {
    this.from = undefined
    this.known.clear()
    this.held = []
    this.sorted = undefined
    this.error = undefined
    this.tell()
  }

  private tell(): void {
    if (!this.over) for (const listener of this.listeners) listener()
  }
}

/** After these something may be missing. */
const raisesQuestions: ReadonlySet<Change['type']> = new Set<Change['type']>(['log', 'sent', 'advanced', 'missed', 'listed'])

const lengthOf = (spans: Spans): number => spans.reduce((sum, [from, to]) => sum + to - from + 1, 0)

/** What a page makes complete. */
export const completedBy = (page: Page, range: PageRange): readonly [number, number] =>
  'after' in range
    ? [range.after + 1, page.nextAfter ?? range.after]
    : [page.nextBefore ?? 1, Math.min(range.before - 1, page.maxSeqNo)]

