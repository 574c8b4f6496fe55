import { beforeEach, describe, expect, test, vi } from 'vitest'
import { forgetDrafts, keepDraft, parseDraft, readDraft } from './drafts'

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
