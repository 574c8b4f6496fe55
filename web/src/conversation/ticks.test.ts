import { describe, expect, test } from 'vitest'
import { messages, upTo } from './testing'
import { clampTo, reachedOf, tickAt } from './ticks'

describe('ticks', () => {
  const own = messages(upTo(100).filter(seqNo => seqNo % 3 === 0))

  test('every message gets the tick that its own receipt says', () => {
    for (const [delivered, read] of [[0, 0], [50, 0], [50, 17], [100, 100], [99, 3]] as const) {
      const receiptOf = ({ seqNo }: { seqNo: number }) => (seqNo <= read ? 'read' : seqNo <= delivered ? 'delivered' : 'sent')

      const reached = reachedOf(own, receiptOf)

      expect(own.map(message => tickAt(message.seqNo, reached))).toEqual(own.map(receiptOf))
    }
  })

  test('without own messages nothing is reached', () => {
    expect(reachedOf([], () => 'read')).toEqual({ delivered: 0, read: 0 })
  })

  test('a mark outside of a block is the same for it wherever it moves', () => {
    expect(clampTo(40, 50, 99)).toBe(clampTo(10, 50, 99))
    expect(clampTo(150, 50, 99)).toBe(clampTo(120, 50, 99))
    expect(clampTo(60, 50, 99)).toBe(60)
  })
})
