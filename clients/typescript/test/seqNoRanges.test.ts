import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRange, cutBelow, missing, rangeAt, type SeqNoRanges, withoutSeqNo } from '../src/seqNoRanges.ts'

const limit = 40
const stretch = fc.tuple(fc.integer({ min: 1, max: limit }), fc.integer({ min: 1, max: limit }))
const stretches = fc.array(stretch, { maxLength: 12 })
const numbers = Array.from({ length: limit }, (_, i) => i + 1)

const spansOf = (added: [number, number][]) => added.reduce<SeqNoRanges>((spans, [from, to]) => addRange(spans, from, to), [])
const setOf = (added: [number, number][]) => new Set(numbers.filter((n) => added.some(([from, to]) => from <= n && n <= to)))
const covered = (spans: SeqNoRanges) => numbers.filter((n) => spans.some(([from, to]) => from <= n && n <= to))

test('Spans hold what was added, in whatever order', () => {
  fc.assert(
    fc.property(stretches, (added) => {
      expect(covered(spansOf(added))).toEqual([...setOf(added)].sort((a, b) => a - b))
    }),
  )
})

test('Spans are disjoint, ascending and joined', () => {
  fc.assert(
    fc.property(stretches, (added) => {
      const spans = spansOf(added)
      for (const [i, [from, to]] of spans.entries()) {
        expect(from).toBeLessThanOrEqual(to)
        if (i > 0) expect(from).toBeGreaterThan(spans[i - 1]![1] + 1)
      }
    }),
  )
})

test('What is missing is what no span covers', () => {
  fc.assert(
    fc.property(stretches, stretch, (added, [from, to]) => {
      const have = setOf(added)
      const lacking = numbers.filter((n) => from <= n && n <= to && !have.has(n))
      expect(covered(missing(spansOf(added), from, to))).toEqual(lacking)
    }),
  )
})

test('Cutting leaves what is above', () => {
  fc.assert(
    fc.property(stretches, fc.integer({ min: 1, max: limit }), (added, at) => {
      const spans = spansOf(added)
      expect(covered(cutBelow(spans, at))).toEqual(covered(spans).filter((n) => n >= at))
    }),
  )
})

test('Without a place the rest stays', () => {
  fc.assert(
    fc.property(stretches, fc.integer({ min: 1, max: limit }), (added, at) => {
      expect(covered(withoutSeqNo(spansOf(added), at))).toEqual(covered(spansOf(added)).filter((n) => n !== at))
    }),
  )
})

test('A span is found by any of its places', () => {
  const spans: SeqNoRanges = [[2, 4], [8, 8]]
  expect(rangeAt(spans, 3)).toEqual([2, 4])
  expect(rangeAt(spans, 8)).toEqual([8, 8])
  expect(rangeAt(spans, 5)).toBeUndefined()
})
