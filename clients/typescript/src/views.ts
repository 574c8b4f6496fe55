import type { Change, UnreadLeft } from './changes.ts'
import type { Journal } from './journal.ts'
import type { Page } from './protocol.ts'
import type { PageRange, Server } from './server.ts'
import { addSpan, spanAt } from './spans.ts'
import type { ChatStore } from './store/store.ts'
import { completedBy, OpenTimeline, type Timeline } from './timeline.ts'

/** What only the tab with the connection can do. */
export interface Acker {
  /** Whether this is that tab. */
  leads(): boolean
  ack(conversationId: string, seqNo: number): void
}

/** The timelines that this tab shows, and what is read from the server for them. */
export class Views {
  private readonly journal: Journal
  private readonly store: ChatStore
  private readonly server: Server
  private readonly acker: Acker
  private readonly timelines = new Set<OpenTimeline>()

  constructor(journal: Journal, store: ChatStore, server: Server, acker: Acker) {
    this.journal = journal
    this.store = store
    this.server = server
    this.acker = acker
  }

  open(conversationId: string): Timeline {
    const timeline = new OpenTimeline(conversationId, {
      state: this.journal.state,
      store: this.store,
      page: (id, range, limit) => this.server.page(id, range, limit),
      learn: (page, range) => this.learn(page, range),
      closed: (closed) => this.timelines.delete(closed),
    })
    this.timelines.add(timeline)
    void this.loadReceipts(conversationId)
    return timeline
  }

  changed(change: Change): void {
    for (const timeline of this.timelines) timeline.changed(change)
    if (change.type === 'connection' && change.connection.caughtUp)
      for (const { conversationId } of this.timelines) void this.loadReceipts(conversationId)
  }

  /** Another tab has written to the store what it could not tell any more. */
  refresh(): void {
    for (const timeline of this.timelines) void timeline.refresh()
  }

  close(): void {
    for (const timeline of [...this.timelines]) timeline.close()
  }

  /** Known where a view has them all in its hands. */
  unreadAbove(conversationId: string, seqNo: number): UnreadLeft | undefined {
    const open = [...this.timelines].find((timeline) => timeline.conversationId === conversationId)
    const messages = open?.messages ?? []
    const upTo = messages.at(-1)?.seqNo ?? 0
    if ((messages[0]?.seqNo ?? Infinity) > seqNo + 1) return undefined
    return { count: messages.filter((message) => message.seqNo > seqNo && message.senderId !== this.journal.state.owner).length, upTo }
  }

  private async learn(page: Page, range: PageRange): Promise<void> {
    const { conversationId, messages, maxSeqNo } = page
    const complete = completedBy(page, range)
    const row = this.journal.state.rows.get(conversationId)
    // Delivered is what is here without a gap above what was acked; on a device that has acked nothing yet, what reaches to the newest.
    const span = spanAt(addSpan(row?.spans ?? [], complete[0], complete[1]), row?.acked ? row.acked + 1 : maxSeqNo)
    // Only the tab with the connection can tell the server so.
    const acked = this.acker.leads() && span && span[1] > (row?.acked ?? 0) ? span[1] : undefined
    // A conversation without a message need not exist: a mistyped name is not one.
    if (!row && maxSeqNo === 0) return
    const known: Change[] = row ? [] : [{ type: 'listed', summary: { ...blank, conversationId, maxSeqNo }, activity: 0 }]
    await this.journal.commit([
      ...known,
      { type: 'log', conversationId, messages, complete, acked },
      { type: 'advanced', conversationId, maxSeqNo },
    ])
    if (acked !== undefined) this.acker.ack(conversationId, acked)
  }

  private async loadReceipts(conversationId: string): Promise<void> {
    if (this.journal.state.connection.status !== 'online') return
    try {
      const receipts = await this.server.receipts(conversationId)
      if (receipts) await this.journal.commit([{ type: 'receipts', conversationId, receipts }])
    } catch {
      // Ticks are a comfort: the next connection asks again.
    }
  }
}

const blank = { deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0 }
