import de from 'emoji-picker-element-data/de/cldr-native/data.json'
import en from 'emoji-picker-element-data/en/cldr-native/data.json'
import { describe, expect, test } from 'vitest'
import { emojiOf, findEmoji, toned } from './emoji'

const english = emojiOf(en)
const german = emojiOf(de)
const first = (all: typeof english, words: string) => findEmoji(all, words).slice(0, 5).map(({ emoji }) => emoji)

describe('emoji', () => {
  test('are found by the beginnings of their words, in both languages, whatever the case and accents', () => {
    expect(first(english, 'cat')).toContain('🐈')
    expect(first(english, 'THUMB up')).toContain('👍')
    expect(first(german, 'herz rot')).toContain('❤️')
    expect(first(german, 'Bär')).toEqual(first(german, 'bar'))
    expect(findEmoji(english, 'xyzzy')).toEqual([])
  })

  test('are those of Unicode’s list, as the server takes them', () => {
    const isListed = new RegExp('^\\p{RGI_Emoji}$', 'v')
    const all = [...english, ...german].flatMap(({ emoji, tones }) => [emoji, ...tones.filter(one => one !== undefined)])
    expect(all.filter(emoji => !isListed.test(emoji))).toEqual([])
  })

  test('with a whole word come before those that only begin with it', () => {
    const found = findEmoji(english, 'cat')
    const isWhole = found.map(({ words }) => words.includes('cat'))
    expect(found[0]).toMatchObject({ name: 'cat' })
    expect(isWhole.indexOf(false)).toBeGreaterThan(0)
    expect(isWhole.lastIndexOf(true)).toBeLessThan(isWhole.indexOf(false))
  })

  test('take the skin tone that they have, and the others stay as they are', () => {
    const of = (emoji: string) => english.find(one => one.emoji === emoji)!
    expect(toned(of('👍'), 3)).toBe('👍🏽')
    expect(toned(of('👍'), 0)).toBe('👍')
    expect(toned(of('🐈'), 3)).toBe('🐈')
  })

  // The server takes no longer ones.
  test('are at most 40 bytes', () => {
    const all = english.flatMap(({ emoji, tones }) => [emoji, ...tones.filter(one => one !== undefined)])
    expect(all.length).toBeGreaterThan(3_000)
    expect(Math.max(...all.map(one => new TextEncoder().encode(one).length))).toBeLessThanOrEqual(40)
  })
})
