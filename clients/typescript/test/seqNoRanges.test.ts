import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRange, cutBelow, missing, rangeAt, type SeqNoRanges, withoutSeqNo } from '../src/seqNoRanges.ts'

const limit = 40
const range = fc.tuple(fc.integer({ min: 1, max: limit }), fc.integer({ min: 1, max: limit }))
const manyRanges = fc.array(range, { maxLength: 12 })
const numbers = Array.from({ length: limit }, (_, i) => i + 1)

const rangesOf = (added: [number, number][]) => added.reduce<SeqNoRanges>((ranges, [from, to]) => addRange(ranges, from, to), [])
const setOf = (added: [number, number][]) => new Set(numbers.filter((n) => added.some(([from, to]) => from <= n && n <= to)))
const covered = (ranges: SeqNoRanges) => numbers.filter((n) => ranges.some(([from, to]) => from <= n && n <= to))

test('Ranges hold what was added, in whatever order', () => {
  fc.assert(
    fc.property(manyRanges, (added) => {
      expect(covered(rangesOf(added))).toEqual([...setOf(added)].sort((a, b) => a - b))
    }),
  )
})

test('Ranges are disjoint, ascending and joined', () => {
  fc.assert(
    fc.property(manyRanges, (added) => {
      const ranges = rangesOf(added)
      for (const [i, [from, to]] of ranges.entries()) {
        expect(from).toBeLessThanOrEqual(to)
        if (i > 0) expect(from).toBeGreaterThan(ranges[i - 1]![1] + 1)
      }
    }),
  )
})

test('What is missing is what no range covers', () => {
  fc.assert(
    fc.property(manyRanges, range, (added, [from, to]) => {
      const have = setOf(added)
      const lacking = numbers.filter((n) => from <= n && n <= to && !have.has(n))
      expect(covered(missing(rangesOf(added), from, to))).toEqual(lacking)
    }),
  )
})

test('Cutting leaves what is above', () => {
  fc.assert(
    fc.property(manyRanges, fc.integer({ min: 1, max: limit }), (added, at) => {
      const ranges = rangesOf(added)
      expect(covered(cutBelow(ranges, at))).toEqual(covered(ranges).filter((n) => n >= at))
    }),
  )
})

test('Without a place the rest stays', () => {
  fc.assert(
    fc.property(manyRanges, fc.integer({ min: 1, max: limit }), (added, at) => {
      expect(covered(withoutSeqNo(rangesOf(added), at))).toEqual(covered(rangesOf(added)).filter((n) => n !== at))
    }),
  )
})

test('A range is found by any of its places', () => {
  const ranges: SeqNoRanges = [[2, 4], [8, 8]]
  expect(rangeAt(ranges, 3)).toEqual([2, 4])
  expect(rangeAt(ranges, 8)).toEqual([8, 8])
  expect(rangeAt(ranges, 5)).toBeUndefined()
})
