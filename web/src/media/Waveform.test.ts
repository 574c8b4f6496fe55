import { expect, test } from 'vitest'
import { barsOf } from './Waveform'

test('each bar is the loudest of its part, whatever number of values there is', () => {
  expect(barsOf([])).toEqual(Array(48).fill(3))
  expect(barsOf([255])).toEqual(Array(48).fill(30))
  const bars = barsOf(Array.from({ length: 96 }, (_, at) => (at % 2 ? 255 : 0)))
  expect(bars).toEqual(Array(48).fill(30))
  expect(barsOf([0, 255]).slice(23, 25)).toEqual([3, 30])
})
