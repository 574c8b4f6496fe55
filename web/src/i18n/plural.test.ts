import { describe, expect, test } from 'vitest'
import { de } from './de'
import { en } from './en'
import { preferredLanguage } from './languages'
import { pluralIn } from './plural'

describe('plural', () => {
  test('a language chooses among its own forms', () => {
    const polish = pluralIn('pl')
    const forms = { one: '# plik', few: '# pliki', many: '# plików', other: '# pliku' }

    expect([1, 2, 5, 22].map(count => polish(count, forms))).toEqual(['1 plik', '2 pliki', '5 plików', '22 pliki'])
  })

  test('numbers are written the language’s way', () => {
    expect(en.presence.members(1200)).toBe('1,200 members')
    expect(de.presence.members(1200)).toBe('1.200 Mitglieder')
    expect(de.presence.members(1)).toBe('1 Mitglied')
  })
})

describe('the language', () => {
  test('is the chosen one, else the first of the browser’s that is there, else English', () => {
    expect(preferredLanguage('de', ['en'])).toBe('de')
    expect(preferredLanguage(null, ['fr-FR', 'de-AT', 'en'])).toBe('de')
    expect(preferredLanguage('xx', ['fr'])).toBe('en')
  })
})

describe('the languages', () => {
  test('have no text that was left out', () => {
    const emptyIn = (part: object): string[] =>
      Object.entries(part).flatMap(([key, value]) => (value === '' ? [key] : typeof value === 'object' ? emptyIn(value) : []))

    // One has just signed out oneself: there is nothing to say about it.
    expect([en, de].map(emptyIn)).toEqual([['signedOut'], ['signedOut']])
  })
})
