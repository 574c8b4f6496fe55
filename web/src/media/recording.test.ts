import { expect, test } from 'vitest'
import { levelOf, waveformOf } from './recording'

test('silence is 0, a shout 255', () => {
  expect(levelOf([])).toBe(0)
  expect(levelOf([0, 0, 0])).toBe(0)
  expect(levelOf([0.1, -0.1, 0.1, -0.1])).toBe(102)
  expect(levelOf([1, -1])).toBe(255)
})

test('a waveform has at most 100 values, and every peak is in it', () => {
  expect(waveformOf([])).toEqual([])
  expect(waveformOf([1, 2, 3])).toEqual([1, 2, 3])
  const levels = Array.from({ length: 18_000 }, (_, at) => (at === 9_000 ? 255 : 1))
  expect(waveformOf(levels)).toHaveLength(100)
  expect(waveformOf(levels)[50]).toBe(255)
})
