import { hasTarget, isAbove, isAsNew, laidOn, reaches } from './messageState.ts'
import { withPending } from './pending.ts'
import { type Message, type MessageChange, type Notice, noticeOf } from './protocol.ts'
import { addRange, withoutSeqNo, type SeqNoRange, type SeqNoRanges } from './seqNoRanges.ts'
import type { State } from './state.ts'

/** What a timeline has of its conversation's log: messages in their present state, and notices, also below what it shows. */
export class TimelineEntries {
  /** The ranges of which every message is here. The store may delete messages; what is shown stays. */
  complete: SeqNoRanges = []
  private readonly conversationId: string
  private readonly state: State
  private readonly messages = new Map<number, Message>()
  private readonly notices = new Map<number, Notice>()
  /** Messages that may lack changes below the last one that was laid on: they are fetched again. */
  private readonly partial = new Set<number>()
  private shownMessages: { readonly from: number; readonly list: readonly Message[] } | undefined
  private shownNotices: { readonly from: number; readonly list: readonly Notice[] } | undefined

  constructor(conversationId: string, state: State) {
    this.conversationId = conversationId
    this.state = state
  }

  /** Ascending, with the changes that wait in the outbox. The same array until something changed. */
  messagesFrom(from: number): readonly Message[] {
    if (this.shownMessages?.from !== from)
      this.shownMessages = { from, list: this.withOutbox(sortedFrom(from, this.messages.values()).filter((message) => !this.state.isOver(message))) }
    return this.shownMessages.list
  }

  /** Ascending. The same array until something changed. */
  noticesFrom(from: number): readonly Notice[] {
    if (this.shownNotices?.from !== from) this.shownNotices = { from, list: sortedFrom(from, this.notices.values()) }
    return this.shownNotices.list
  }

  /** @param range What is complete with them. */
  put(messages: readonly Message[], [from, to]: SeqNoRange = [1, 0]): void {
    this.complete = addRange(this.complete, from, to)
    // What is stored is stored with its notices.
    this.note(this.state.find(this.conversationId)?.notices ?? [])
    for (const message of messages) {
      const { seqNo } = message
      if (this.partial.delete(seqNo) || isAsNew(message, this.messages.get(seqNo))) this.messages.set(seqNo, message)
    }
    this.shownMessages = undefined
  }

  layOn(changes: readonly MessageChange[]): void {
    this.note(changes.flatMap((change) => noticeOf(change) ?? []))
    for (const change of changes) {
      const held = hasTarget(change) ? this.messages.get(change.target.seqNo) : undefined
      if (held?.messageId !== change.target?.messageId || !held || !isAbove(change, held)) continue
      if (!reaches(this.complete, change)) {
        this.partial.add(held.seqNo)
        this.miss(held.seqNo)
      }
      this.messages.set(held.seqNo, laidOn(held, change, this.state.owner ?? ''))
      this.shownMessages = undefined
    }
  }

  /** There is a message that has to be fetched, again if it is here. */
  miss(seqNo: number): void {
    this.complete = withoutSeqNo(this.complete, seqNo)
  }

  /** Other changes wait for the messages. */
  outboxChanged(): void {
    this.shownMessages = undefined
  }

  /** Messages may be past their time: they are not shown any more. @param gone Those that are deleted. */
  expire(gone: readonly number[]): void {
    for (const seqNo of gone) this.messages.delete(seqNo)
    this.shownMessages = undefined
  }

  /** What the user has cleared is not shown any more, and nothing of it is missing. */
  clear(upTo: number): void {
    if (upTo === 0) return
    for (const entries of [this.messages, this.notices]) for (const seqNo of entries.keys()) if (seqNo <= upTo) entries.delete(seqNo)
    this.complete = addRange(this.complete, 1, upTo)
    this.shownMessages = this.shownNotices = undefined
  }

  forget(): void {
    this.messages.clear()
    this.notices.clear()
    this.partial.clear()
    this.complete = []
    this.shownMessages = this.shownNotices = undefined
  }

  private note(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (this.notices.has(notice.seqNo)) continue
      this.notices.set(notice.seqNo, notice)
      this.shownNotices = undefined
    }
  }

  private withOutbox(messages: readonly Message[]): readonly Message[] {
    const pending = this.state.changesOf(this.conversationId)
    return pending.length === 0 ? messages : messages.map((message) => withPending(message, pending, this.state.owner ?? ''))
  }
}

const sortedFrom = <T extends { readonly seqNo: number }>(from: number, entries: Iterable<T>): T[] =>
  [...entries].filter(({ seqNo }) => seqNo >= from).sort((a, b) => a.seqNo - b.seqNo)
