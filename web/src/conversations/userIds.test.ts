import { expect, test } from 'vitest'
import { idsIn, isUserId } from './userIds'

test('a typed list gives each user id once', () => {
  expect(idsIn(' bob, @carla;bob\n emil.novak ')).toEqual(['bob', 'carla', 'emil.novak'])
  expect(idsIn('  ')).toEqual([])
})

test('a user id has the protocol’s alphabet', () => {
  expect(['bob', '0', 'a.b-c_d', 'x'.repeat(64)].every(isUserId)).toBe(true)
  expect(['', '.bob', 'bób', 'a b', 'x'.repeat(65), 'a:b'].some(isUserId)).toBe(false)
})
