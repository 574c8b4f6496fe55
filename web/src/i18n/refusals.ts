import { ChatError, type ErrorCode } from '@chat/client'
import type { Texts } from './en'

/** A refusal in plain words. `special` says what a code means in just this place. */
export function refusalText(t: Texts, refusal: unknown, special: Partial<Record<ErrorCode, string>> = {}): string {
  // Any other error is a bug in this page: it is logged to the console, and the user sees a general text.
  if (!(refusal instanceof ChatError)) {
    console.error(refusal)
    return t.errors.unavailable
  }
  const { code, retryAfterMs, message } = refusal
  let text = special[code] ?? t.errors[code]
  // The server's text says which rule was broken; that is better than a general text in the user's language.
  if (code === 'bad_request' && !special[code] && message) text += ` (${message})`
  if (retryAfterMs) text += ` ${t.errors.waitSeconds(Math.ceil(retryAfterMs / 1000))}`
  return text
}
