import { ChatError, type ErrorCode } from '@chat/client'
import type { Texts } from './en'

/** A refusal in plain words. `special` says what a code means in just this place. */
export function refusalText(t: Texts, refusal: unknown, special: Partial<Record<ErrorCode, string>> = {}): string {
  // What is no refusal is a fault in this page: it belongs into the console, and the reader gets the nearest true words.
  if (!(refusal instanceof ChatError)) {
    console.error(refusal)
    return t.errors.unavailable
  }
  const { code, retryAfterMs, message } = refusal
  let text = special[code] ?? t.errors[code]
  // The server says which rule was broken; that is worth more than its absence in the reader's language.
  if (code === 'bad_request' && !special[code] && message) text += ` (${message})`
  if (retryAfterMs) text += ` ${t.errors.waitSeconds(Math.ceil(retryAfterMs / 1000))}`
  return text
}
