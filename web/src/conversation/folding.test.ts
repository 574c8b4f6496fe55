import { expect, test } from 'vitest'
import { beginningOf } from './folding'

test.each(['', 'short', 'x'.repeat(3_000), 'a\n'.repeat(59)])('What fits is whole: %#', text => {
  expect(beginningOf(text)).toBeUndefined()
})

test.each<[string, number, number]>([
  ['w'.repeat(16_000), 1, 1_501],
  ['a\n'.repeat(4_000), 30, 60],
  ['\n'.repeat(8_000), 1, 1],
  ['a\r\n'.repeat(4_000), 30, 90],
])('Of a long one the beginning is shown: %#', (text, lines, most) => {
  const shown = beginningOf(text)!
  expect(shown.endsWith('…')).toBe(true)
  expect(shown.split('\n').length).toBeLessThanOrEqual(lines)
  expect(shown.length).toBeLessThanOrEqual(most)
})

test('It is cut between characters', () => {
  for (const text of ['😀'.repeat(4_000), `a${'😀'.repeat(4_000)}`, '👨‍👩‍👧'.repeat(2_000), `Z${'\u0301'.repeat(7_000)}`]) expect(beginningOf(text)!.isWellFormed()).toBe(true)
})
