import { maxTextBytes } from '@chat/client'

/** The number of bytes left is shown from here on. */
const telling = 1024

const encoder = new TextEncoder()

/** The number of bytes left, negative beyond the limit; undefined while there are plenty. */
export function bytesLeft(text: string): number | undefined {
  // A UTF-16 unit takes at most three bytes: most texts need not be counted.
  if (text.length * 3 <= maxTextBytes - telling) return undefined
  const left = maxTextBytes - encoder.encode(text).length
  return left <= telling ? left : undefined
}
