import type { ClientFrame } from './protocol.ts'

/** An ack that follows so close upon one of the same conversation waits for more of it, ms. */
const gathering = 100
/** So many messages wait at most: the server pushes no more than its window (64 or more) while they are not acked. */
const mostWaiting = 32

interface Recent {
  saidAt: number
  /** Up to where it waits to be acked, if it does. */
  seqNo: number | undefined
}

/** A connection's `delivered` acks. What follows close upon one of the same conversation goes together, as acks are cumulative. */
export class GatheredAcks {
  private readonly send: (frame: ClientFrame) => void
  private readonly recent = new Map<string, Recent>()
  private waiting = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (frame: ClientFrame) => void) {
    this.send = send
  }

  /** @param messages How many more this acks. */
  add(conversationId: string, seqNo: number, messages: number): void {
    const known = this.recent.get(conversationId)
    if (!known || (known.seqNo === undefined && Date.now() - known.saidAt >= gathering)) return this.say(conversationId, seqNo)
    known.seqNo = seqNo
    this.waiting += messages
    if (this.waiting >= mostWaiting) this.flush()
    // Set anew by what comes, never by itself: a browser lets the timers of a hidden page wait that call one another.
    else this.timer ??= setTimeout(() => this.flush(), gathering)
  }

  /** Says what waits. */
  flush(): void {
    this.rest()
    for (const [conversationId, { saidAt, seqNo }] of this.recent) {
      if (seqNo !== undefined) this.say(conversationId, seqNo)
      else if (Date.now() - saidAt >= gathering) this.recent.delete(conversationId)
    }
  }

  /** The connection is gone: what was not acked comes again on the next one. */
  clear(): void {
    this.rest()
    this.recent.clear()
  }

  private rest(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.waiting = 0
  }

  private say(conversationId: string, seqNo: number): void {
    this.recent.set(conversationId, { saidAt: Date.now(), seqNo: undefined })
    this.send({ type: 'ack', conversationId, seqNo, status: 'delivered' })
  }
}
