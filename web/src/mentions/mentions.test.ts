import { describe, expect, test } from 'vitest'
import { begunName, mentionsIn, partsOf, suggestions, withName, type Named } from './mentions'

const members: Named[] = [{ userId: 'anna', role: 'member' }, { userId: 'bob', role: 'owner' }, { userId: 'bob.b', role: 'member' }, { userId: 'carol', role: 'member' }]
const many = [...members, ...Array.from({ length: 80 }, (_, at): Named => ({ userId: `user${at}`, role: 'member' }))]

describe('mentions', () => {
  test.each([
    ['hello @bob', ['bob']],
    ['@bob, @carol: look', ['bob', 'carol']],
    ['(@bob.b) and @bob.', ['bob', 'bob.b']],
    ['write to bob@carol or @nobody, @ carol', []],
    ['@all come', ['@all']],
    ['@Bob', []],
  ])('of %s', (text, expected) => {
    expect(mentionsIn(text, members, 'anna')).toEqual(expected)
  })

  test('of all only by who may', () => {
    expect(mentionsIn('@all', many, 'anna')).toEqual([])
    expect(mentionsIn('@all', many, 'bob')).toEqual(['@all'])
    expect(suggestions(many, 'anna', 'al')).toEqual([])
  })

  test('what is begun is completed where the caret is', () => {
    const text = 'hi @bo and more'
    expect(begunName(text, 6)).toBe('bo')
    expect([begunName(text, 4), begunName('a@b', 3), begunName('@', 1), begunName('hi', 2)]).toEqual(['', undefined, '', undefined])
    expect(suggestions(members, 'anna', 'bo')).toEqual(['bob', 'bob.b'])
    expect(suggestions(members, 'anna', '')).toEqual(['bob', 'bob.b', 'carol', 'all'])
    expect(suggestions(members, 'anna', 'ro')).toEqual(['carol'])
    expect(withName(text, 6, 'bo', 'bob')).toEqual({ text: 'hi @bob and more', caret: 8 })
  })

  test('only who is mentioned is marked in a text', () => {
    expect(partsOf('@bob: ask @carol.', ['bob'])).toEqual([{ text: '@bob', mentioned: 'bob' }, { text: ': ask @carol.' }])
    expect(partsOf('to @all', ['@all'])).toEqual([{ text: 'to ' }, { text: '@all', mentioned: '@all' }])
    expect(partsOf('nobody', ['bob'])).toEqual([{ text: 'nobody' }])
  })
})
