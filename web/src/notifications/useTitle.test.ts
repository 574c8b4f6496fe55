import { expect, test } from 'vitest'
import { titleOf } from './useTitle'

test('the title says how much is unread, and where one is', () => {
  expect(titleOf(0, false, undefined, 'Chat')).toBe('Chat')
  expect(titleOf(3, false, 'bob', 'Chat')).toBe('(3) bob · Chat')
  expect(titleOf(100, true, undefined, 'Chat')).toBe('(100+) Chat')
})
