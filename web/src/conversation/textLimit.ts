import { maxTextBytes } from '@chat/client'

/** From here on the reader is told how much is left. */
const telling = 1024

const encoder = new TextEncoder()

/** Bytes that still go into the message, negative beyond the limit; undefined as long as there is plenty. */
export function bytesLeft(text: string): number | undefined {
  // A UTF-16 unit takes at most three bytes: most texts need not be counted.
  if (text.length * 3 <= maxTextBytes - telling) return undefined
  const left = maxTextBytes - encoder.encode(text).length
  return left <= telling ? left : undefined
}
