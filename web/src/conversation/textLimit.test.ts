import { maxTextBytes } from '@chat/client'
import { describe, expect, test } from 'vitest'
import { bytesLeft } from './textLimit'

describe('the limit of a text', () => {
  test('is not spoken of while there is plenty', () => {
    expect(bytesLeft('hello')).toBeUndefined()
    expect(bytesLeft('a'.repeat(maxTextBytes - 2000))).toBeUndefined()
  })

  test('counts bytes, not characters', () => {
    expect(bytesLeft('€'.repeat(5461))).toBe(maxTextBytes - 3 * 5461)
    expect(bytesLeft('😀'.repeat(4096))).toBe(0)
  })

  test('is negative beyond', () => {
    expect(bytesLeft('a'.repeat(maxTextBytes + 1))).toBe(-1)
  })
})
