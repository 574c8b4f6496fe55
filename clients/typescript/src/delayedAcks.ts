import type { ClientFrame } from './protocol.ts'

/** How long an ack waits for more of its conversation, ms. */
const delay = 100
/** When this many messages wait to be acked, all acks go out: the server stops pushing when its window (64 or more) is full. */
const maxWaiting = 32

interface Recent {
  sentAt: number
  /** The seqNo that waits to be acked, if one does. */
  seqNo: number | undefined
}

/** The `delivered` acks of one connection. Acks are cumulative, so one that follows another closely waits for the next. */
export class DelayedAcks {
  private readonly send: (frame: ClientFrame) => void
  private readonly recent = new Map<string, Recent>()
  private waiting = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (frame: ClientFrame) => void) {
    this.send = send
  }

  /** @param messages How many messages it acks that no earlier call did. */
  add(conversationId: string, seqNo: number, messages: number): void {
    const known = this.recent.get(conversationId)
    if (!known || (known.seqNo === undefined && Date.now() - known.sentAt >= delay)) return this.sendAck(conversationId, seqNo)
    known.seqNo = seqNo
    this.waiting += messages
    if (this.waiting >= maxWaiting) this.flush()
    // Set only by messages that arrive, never by its own callback: browsers slow down chains of timers in hidden pages.
    else this.timer ??= setTimeout(() => this.flush(), delay)
  }

  /** Sends all acks that wait. */
  flush(): void {
    this.reset()
    for (const [conversationId, { sentAt, seqNo }] of this.recent) {
      if (seqNo !== undefined) this.sendAck(conversationId, seqNo)
      else if (Date.now() - sentAt >= delay) this.recent.delete(conversationId)
    }
  }

  /** The connection is lost: the server sends again what was not acked. */
  clear(): void {
    this.reset()
    this.recent.clear()
  }

  private reset(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.waiting = 0
  }

  private sendAck(conversationId: string, seqNo: number): void {
    this.recent.set(conversationId, { sentAt: Date.now(), seqNo: undefined })
    this.send({ type: 'ack', conversationId, seqNo, status: 'delivered' })
  }
}
