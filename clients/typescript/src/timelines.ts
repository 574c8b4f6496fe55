import type { Change, UnreadLeft } from './changes.ts'
import type { Journal } from './journal.ts'
import { changesOfThreads } from './messageState.ts'
import { mentionsUser, type Message, type MessageChange, type Page } from './protocol.ts'
import type { PageRange, ChatApi } from './chatApi.ts'
import { addRange, rangeAt } from './seqNoRanges.ts'
import type { ChatStore } from './store/store.ts'
import { rangeOfPage, OpenTimeline, type Timeline } from './timeline.ts'

/** Sends acks, in the leading tab. */
export interface AckSender {
  /** Whether this tab leads. */
  leads(): boolean
  ack(conversationId: string, seqNo: number): void
}

/** After a page's end a leading tab's change may still be on its way to this one, ms. */
const late = 2_000

/** A page on its way, or just written, and the changes that are heard meanwhile: it may have been read before them. */
interface Reading {
  readonly conversationId: string
  heard: MessageChange[]
  readonly known: Set<number>
  /** Its messages are written: what is heard now is written at once. */
  isWritten: boolean
}

/** The open timelines of this tab, and what is read from the server for them. */
export class Timelines {
  private readonly journal: Journal
  private readonly store: ChatStore
  private readonly api: ChatApi
  private readonly acks: AckSender
  private readonly opened = new Set<OpenTimeline>()
  private readonly readings = new Set<Reading>()

  constructor(journal: Journal, store: ChatStore, api: ChatApi, acks: AckSender) {
    this.journal = journal
    this.store = store
    this.api = api
    this.acks = acks
  }

  open(conversationId: string): Timeline {
    const timeline = new OpenTimeline(conversationId, {
      state: this.journal.state,
      store: this.store,
      page: (id, range, limit, isWanted) => this.page(id, range, limit, isWanted),
      closed: (closed) => this.opened.delete(closed),
    })
    this.opened.add(timeline)
    void this.loadReceipts(conversationId)
    return timeline
  }

  changed(change: Change): void {
    for (const timeline of this.opened) timeline.changed(change)
    if (change.type === 'log' && change.changes) this.hear(change.conversationId, change.changes)
    if (change.type === 'connection' && change.connection.caughtUp)
      for (const { conversationId } of this.opened) void this.loadReceipts(conversationId)
  }

  /** Another tab may have written to the store without telling. */
  refresh(): void {
    for (const timeline of this.opened) void timeline.refresh()
  }

  close(): void {
    for (const timeline of [...this.opened]) timeline.close()
  }

  /** How many messages above a seqNo are unread; undefined unless a timeline has all of them. */
  unreadAbove(conversationId: string, seqNo: number): UnreadLeft | undefined {
    const open = [...this.opened].find((timeline) => timeline.conversationId === conversationId)
    const messages = open?.messages ?? []
    if (!open || (messages[0]?.seqNo ?? Infinity) > seqNo + 1) return undefined
    const { upTo } = open
    const { owner = '' } = this.journal.state
    const unread = messages.filter((message) => message.seqNo > seqNo && !message.deleted && message.senderId !== owner)
    return { count: unread.length, mentions: unread.filter((message) => mentionsUser(message, owner)).length, upTo }
  }

  /** The message that an outbox entry has become, if a timeline has it. */
  sentAs(clientMsgId: string): Message | undefined {
    for (const { messages } of this.opened) {
      const found = messages.findLast((message) => message.clientMsgId === clientMsgId)
      if (found) return found
    }
    return undefined
  }

  private async page(conversationId: string, range: PageRange, limit: number, isWanted: () => boolean): Promise<Page> {
    const reading: Reading = { conversationId, heard: [], known: new Set(), isWritten: false }
    this.readings.add(reading)
    try {
      const page = await this.api.page(conversationId, range, limit)
      if (!isWanted()) return page
      await this.addPage(page, range)
      while (reading.heard.length > 0) await this.layOn(reading)
      reading.isWritten = true
      return page
    } finally {
      if (reading.isWritten && !this.acks.leads()) setTimeout(() => this.readings.delete(reading), late)
      else this.readings.delete(reading)
    }
  }

  private hear(conversationId: string, changes: readonly MessageChange[]): void {
    for (const reading of this.readings) {
      if (reading.conversationId !== conversationId) continue
      const heard = changes.filter(({ seqNo }) => !reading.known.has(seqNo))
      for (const { seqNo } of heard) reading.known.add(seqNo)
      reading.heard.push(...heard)
      // What the store does not take is fetched again with its messages.
      if (reading.isWritten && heard.length > 0) this.layOn(reading).catch(() => undefined)
    }
  }

  /** Once more, as the page's messages may have been written after them. */
  private layOn(reading: Reading): Promise<void> {
    const { conversationId, heard: changes } = reading
    reading.heard = []
    return this.journal.commit([{ type: 'log', conversationId, messages: [], changes }])
  }

  private async addPage(page: Page, range: PageRange): Promise<void> {
    const { conversationId, messages, maxSeqNo } = page
    // Of threads whose first messages are here from before.
    const changes = [...(page.changes ?? []), ...changesOfThreads(messages, page.changes)].sort((a, b) => a.seqNo - b.seqNo)
    const complete = rangeOfPage(page, range)
    const conversation = this.journal.state.find(conversationId)
    // Everything up to the end of the complete range above the last ack is acked; on a device without an ack, if that range reaches the newest message.
    const known = rangeAt(addRange(conversation?.complete ?? [], complete[0], complete[1]), conversation?.ackedSeqNo ? conversation.ackedSeqNo + 1 : maxSeqNo)
    // Only the leading tab can send acks.
    const acked = this.acks.leads() && known && known[1] > (conversation?.ackedSeqNo ?? 0) ? known[1] : undefined
    // A direct conversation without a message is not added: the id may be mistyped.
    if (!conversation && maxSeqNo === 0) return
    const listed: Change[] = conversation ? [] : [{ type: 'listed', summary: { ...blank, conversationId, maxSeqNo }, activity: 0 }]
    await this.journal.commit([
      ...listed,
      // What was cleared while the page was on its way.
      { type: 'log', conversationId, messages: messages.filter(({ seqNo }) => seqNo > (conversation?.clearedUpTo ?? 0)), ...(changes.length > 0 && { changes }), complete, acked },
      { type: 'advanced', conversationId, maxSeqNo },
    ])
    if (acked !== undefined) this.acks.ack(conversationId, acked)
  }

  private async loadReceipts(conversationId: string): Promise<void> {
    if (this.journal.state.connection.status !== 'online') return
    try {
      const receipts = await this.api.receipts(conversationId)
      if (receipts) await this.journal.commit([{ type: 'receipts', conversationId, receipts }])
    } catch {
      // The next connection reads them again.
    }
  }
}

const blank = { deliveredSeqNo: 0, readSeqNo: 0, unreadCount: 0 }
