import type { ClientFrame } from './protocol.ts'

/** How long acks wait for more of their conversation when one has just gone out, ms. */
const gathering = 100
/** So many messages wait at most: the server pushes no more than its window (64 or more) while they are not acked. */
const mostWaiting = 32

/** A connection's `delivered` acks. A conversation's first goes out at once; what follows close upon it goes together, as acks are cumulative. */
export class GatheredAcks {
  private readonly send: (frame: ClientFrame) => void
  /** Up to where each conversation waits to be acked; undefined where one has just gone out and nothing has come since. */
  private readonly recent = new Map<string, number | undefined>()
  private waiting = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (frame: ClientFrame) => void) {
    this.send = send
  }

  /** @param messages How many more this acks. */
  add(conversationId: string, seqNo: number, messages: number): void {
    this.timer ??= setTimeout(() => this.turn(), gathering)
    if (!this.recent.has(conversationId)) {
      this.recent.set(conversationId, undefined)
      return this.say(conversationId, seqNo)
    }
    this.recent.set(conversationId, seqNo)
    this.waiting += messages
    if (this.waiting >= mostWaiting) this.flush()
  }

  /** The connection is gone: what was not acked comes again on the next one. */
  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.recent.clear()
    this.waiting = 0
  }

  private turn(): void {
    for (const [conversationId, seqNo] of this.recent) if (seqNo === undefined) this.recent.delete(conversationId)
    this.flush()
    this.timer = this.recent.size > 0 ? setTimeout(() => this.turn(), gathering) : undefined
  }

  private flush(): void {
    this.waiting = 0
    for (const [conversationId, seqNo] of this.recent) {
      this.recent.set(conversationId, undefined)
      if (seqNo !== undefined) this.say(conversationId, seqNo)
    }
  }

  private say(conversationId: string, seqNo: number): void {
    this.send({ type: 'ack', conversationId, seqNo, status: 'delivered' })
  }
}
