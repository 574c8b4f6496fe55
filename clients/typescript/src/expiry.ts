import type { Change, Expiring, StoredConversation } from './changes.ts'
import { mentionsUser, type Message } from './protocol.ts'
import type { State } from './state.ts'

/** Between two looks, ms: what expires within it goes together. */
const pause = 1_000
/** The longest that a timer can wait, ms. */
const maxWait = 2 ** 31 - 1

export interface ExpiryEvents {
  /** This tab deletes for all tabs; the others only stop showing. */
  leads(): boolean
  /** Of the store, ascending, from a seqNo up. */
  stored(conversationId: string, from: number): Promise<readonly Message[]>
  /** The newest stored message below a seqNo. */
  below(conversationId: string, seqNo: number): Promise<Message | undefined>
  commit(changes: Change[]): Promise<void>
  apply(changes: Change[]): void
  /** What the list says of a conversation may be another now. */
  listChanged(): void
}

/**
 * Removes messages that are past their time: from what is shown, counted and stored. One timer, for the one that expires first. Before the server's clock is known nothing is
 * deleted, as this machine's may be wrong: it is not shown.
 */
export class Expiry {
  private readonly state: State
  private readonly on: ExpiryEvents
  private timer: ReturnType<typeof setTimeout> | undefined
  /** When the timer ends, by the server's clock. */
  private planned = Infinity
  private last = -Infinity
  private busy = false
  private closed = false

  constructor(state: State, on: ExpiryEvents) {
    this.state = state
    this.on = on
  }

  changed(change: Change): void {
    if (change.type === 'clock' || change.type === 'epoch' || change.type === 'signedOut' || change.type === 'expired') return this.plan()
    const id = change.type === 'log' ? change.conversationId : change.type === 'sent' ? change.message.conversationId : change.type === 'listed' ? change.summary.conversationId : undefined
    const next = id === undefined ? undefined : this.state.find(id)?.expiry?.next
    if (next !== undefined && next < this.planned) this.plan()
  }

  /** Plans anew. */
  plan(): void {
    clearTimeout(this.timer)
    const { now } = this.state
    // What is hidden already, and cannot be deleted yet, needs no look.
    const waits = [...this.state.stored.values()].flatMap(({ expiry }) => (expiry && (expiry.next > now || this.mayDelete) ? [expiry.next] : []))
    this.planned = waits.reduce((one, other) => Math.min(one, other), Infinity)
    if (this.planned === Infinity || this.busy || this.closed) return
    const wait = Math.max(this.planned - now, this.last + pause - Date.now(), 0)
    this.timer = setTimeout(() => void this.look(), Math.min(wait, maxWait))
  }

  stop(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private get mayDelete(): boolean {
    return this.state.clockOffset !== undefined && this.on.leads()
  }

  private async look(): Promise<void> {
    this.busy = true
    this.last = Date.now()
    const { now } = this.state
    const due = [...this.state.stored.values()].filter(({ expiry }) => expiry && expiry.next <= now)
    if (!this.mayDelete) this.hide(due)
    else
      for (const row of due)
        try {
          await this.delete(row, row.expiry!)
        } catch {
          // The store does not take it now: it is tried again, and not shown meanwhile.
          this.hide([row])
        }
    this.busy = false
    this.plan()
  }

  private hide(rows: readonly StoredConversation[]): void {
    this.on.apply(rows.map(({ id }): Change => ({ type: 'lapsed', conversationId: id })))
  }

  private async delete(row: StoredConversation, { from }: Expiring): Promise<void> {
    const { id, lastMessage, readSeqNo } = row
    const me = this.state.owner ?? ''
    const stored = await this.on.stored(id, from)
    const gone = stored.filter((message) => this.state.isOver(message))
    const stay = stored.filter((message) => !this.state.isOver(message))
    const isLast = lastMessage !== undefined && this.state.isOver(lastMessage)
    const last = isLast ? (stay.at(-1) ?? (await this.on.below(id, from))) : undefined
    const unread = gone.filter(({ seqNo, senderId, deleted }) => seqNo > readSeqNo && senderId !== me && !deleted)
    const mentions = unread.filter((message) => mentionsUser(message, me))
    const left = { count: Math.max(0, row.unreadCount - unread.length), mentions: Math.max(0, (row.unreadMentions ?? 0) - mentions.length), upTo: row.maxSeqNo, above: readSeqNo }
    const seqNos = new Set(gone.map(({ seqNo }) => seqNo))
    if (isLast) seqNos.add(lastMessage.seqNo)
    const next = nextOf(stay)
    await this.on.commit([
      { type: 'expired', conversationId: id, seqNos: [...seqNos], ...(last && { last }), ...(unread.length > 0 && { left }), ...(next && { next }), of: extentOf(row) },
    ])
    if (isLast || row.unreadCount > 0) this.on.listChanged()
  }
}

const nextOf = (messages: readonly Message[]): Expiring | undefined => {
  const expiring = messages.filter(({ expiresAt }) => expiresAt !== undefined)
  return expiring.length === 0 ? undefined : { next: expiring.reduce((least, { expiresAt }) => Math.min(least, expiresAt!), Infinity), from: expiring[0]!.seqNo }
}

/** Another one once there are messages that were not. */
export const extentOf = ({ maxSeqNo, complete }: StoredConversation): string => JSON.stringify([maxSeqNo, complete])

/** After how long a message expires that has this place in the log, as far as is known, seconds. */
export function timerAt(row: StoredConversation | undefined, seqNo: number): number | undefined {
  const { timer, timerSeqNo = 0, notices = [] } = row ?? {}
  return (timerSeqNo < seqNo ? timer : notices.findLast((notice) => notice.seconds !== undefined && notice.seqNo < seqNo)?.seconds) || undefined
}
