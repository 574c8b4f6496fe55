import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Change } from '@chat/client'
import { forgetDrafts, keepDraft, parseDraft, readDraft, takeBack, tendDrafts } from './drafts'

/** A Storage as small as it can be: its keys are its own properties, as a browser's are. */
function emptyStorage(): Storage {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return Object.hasOwn(this, key) ? this[key]! : null
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      this[key] = value
    },
    removeItem(this: Record<string, string>, key: string) {
      delete this[key]
    },
  }
  return Object.create(methods) as Storage
}

describe('drafts', () => {
  beforeEach(() => {
    vi.stubGlobal('localStorage', emptyStorage())
    forgetDrafts()
  })

  test('are kept for each conversation and user', () => {
    keepDraft('anna', 'dm:anna:bob', { text: 'half a thou', replyTo: 'm1' })

    expect(readDraft('anna', 'dm:anna:bob')).toEqual({ text: 'half a thou', replyTo: 'm1' })
    expect(readDraft('anna', 'dm:anna:carla')).toEqual({ text: '' })
    expect(readDraft('bob', 'dm:anna:bob')).toEqual({ text: '' })
  })

  test('an empty one leaves nothing behind', () => {
    keepDraft('anna', 'dm:anna:bob', { text: 'x' })
    keepDraft('anna', 'dm:anna:bob', { text: '' })

    expect(Object.keys(localStorage)).toEqual([])
  })

  test('a text that could not be sent goes in front of what was typed since', () => {
    keepDraft('anna', 'dm:anna:bob', { text: 'typed since' })
    takeBack('anna', 'dm:anna:bob', { text: 'not sent', replyTo: 'm1' })
    takeBack('anna', 'dm:anna:carla', { text: 'alone' })

    expect(readDraft('anna', 'dm:anna:bob')).toEqual({ text: 'not sent\ntyped since', replyTo: 'm1' })
    expect(readDraft('anna', 'dm:anna:carla')).toEqual({ text: 'alone' })
  })

  test('what another tab writes and sends is so in this one', () => {
    const window = new EventTarget()
    tendDrafts({ subscribe: () => () => {} }, window)
    keepDraft('anna', 'dm:anna:bob', { text: 'from here' })
    const key = Object.keys(localStorage)[0]!
    const elsewhere = (value: string | null) => {
      if (value === null) localStorage.removeItem(key)
      else localStorage.setItem(key, value)
      window.dispatchEvent(Object.assign(new Event('storage'), { key }))
    }

    elsewhere('{"text":"from there"}')
    expect(readDraft('anna', 'dm:anna:bob')).toEqual({ text: 'from there' })

    elsewhere(null)
    expect(readDraft('anna', 'dm:anna:bob')).toEqual({ text: '' })
  })

  test.each([
    ['signedOut', ''],
    ['revoked', ''],
    ['expired', 'x'],
    ['lost', 'x'],
  ] as const)('a session that ends leaves them only if its user comes back: %s', (reason, left) => {
    let tell: (changes: readonly Change[]) => void = () => {}
    tendDrafts({ subscribe: listener => ((tell = listener), () => {}) }, new EventTarget())
    keepDraft('anna', 'dm:anna:bob', { text: 'x' })

    tell([{ type: 'signedOut', reason }])

    expect(readDraft('anna', 'dm:anna:bob').text).toBe(left)
  })

  test('signing out forgets them, and nothing else', () => {
    localStorage.setItem('chat.theme', 'dark')
    keepDraft('anna', 'dm:anna:bob', { text: 'x' })

    forgetDrafts()

    expect(readDraft('anna', 'dm:anna:bob')).toEqual({ text: '' })
    expect(Object.keys(localStorage)).toEqual(['chat.theme'])
  })

  test.each([null, '', 'nonsense', '{}', '{"text":5}', 'null'])('what is no draft is an empty one: %s', stored => {
    expect(parseDraft(stored)).toEqual({ text: '' })
  })
})
