import type { Message, ReceiptState } from '@chat/client'

/** How far the others have got: own messages up to these seqNos are delivered, read. */
export interface Reached {
  readonly delivered: number
  readonly read: number
}

/**
 * Finds both marks by halving, as receipts are cumulative: what is read stands below what is not.
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

/** The mark as far as it concerns [from, to]: the same for a block that it has passed or not come to. */
export function clampTo(mark: number, from: number, to: number): number {
  return mark < from ? 0 : Math.min(mark, to)
}

/** How many of the first items meet a condition that, once broken, stays broken. */
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
