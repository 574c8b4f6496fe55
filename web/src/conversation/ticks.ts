import type { Message, ReceiptState } from '@chat/client'

/** Own messages up to these seqNos are delivered to, and read by, all others. */
export interface Reached {
  readonly delivered: number
  readonly read: number
}

/**
 * Finds both by binary search, as receipts are cumulative.
 * @param own the user's own messages, ascending
 */
export function reachedOf(own: readonly Message[], receiptOf: (message: Message) => ReceiptState): Reached {
  const seqNoAt = (count: number) => (count === 0 ? 0 : own[count - 1]!.seqNo)
  return {
    delivered: seqNoAt(countWhile(own, message => receiptOf(message) !== 'sent')),
    read: seqNoAt(countWhile(own, message => receiptOf(message) === 'read')),
  }
}

export function tickAt(seqNo: number, reached: Reached): ReceiptState {
  return seqNo <= reached.read ? 'read' : seqNo <= reached.delivered ? 'delivered' : 'sent'
}

/** The seqNo clamped to [from, to]: the same for every block that lies above or below it. */
export function clampTo(mark: number, from: number, to: number): number {
  return mark < from ? 0 : Math.min(mark, to)
}

/** How many of the first items meet a condition that no later item meets after one has not. */
function countWhile<T>(items: readonly T[], meets: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (meets(items[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
