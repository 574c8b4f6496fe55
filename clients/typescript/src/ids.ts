/** The direct conversation of two users: their ids in ordinal order. */
export const directWith = (one: string, other: string): string => (one < other ? `dm:${one}:${other}` : `dm:${other}:${one}`)

export const isGroup = (conversationId: string): boolean => conversationId.startsWith('g:')

/** Whether it is a user's conversation with itself. */
export function isNoteToSelf(conversationId: string): boolean {
  const [kind, one, other] = conversationId.split(':')
  return kind === 'dm' && one === other
}

/** The other user of a direct conversation, in a note to self the user itself; undefined for a group. */
export function peerOf(conversationId: string, me: string): string | undefined {
  if (!conversationId.startsWith('dm:')) return undefined
  const [, one, other] = conversationId.split(':')
  return one === me ? other : one
}

/** The conversation that `to` names: a conversationId, `@userId` for the direct one with that user, or `@me` for the note to self. */
export const conversationOf = (to: string, me: string): string => (to === '@me' ? directWith(me, me) : to.startsWith('@') ? directWith(me, to.slice(1)) : to)

/** Random [a-z0-9]: 41 bits for 8. */
export function randomId(length: number): string {
  // 252 is the largest multiple of 36 in a byte: above it the first letters would be likelier.
  let id = ''
  while (id.length < length)
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2)))
      if (byte < 252 && id.length < length) id += (byte % 36).toString(36)
  return id
}

/**
 * A UUID of version 7 (RFC 9562 §5.7) of now: a clustered server keeps the attempts of one moment together. `crypto.randomUUID` makes version 4,
 * and only on pages with https.
 */
export function timeOrderedId(): string {
  const random = crypto.getRandomValues(new Uint16Array(5))
  const bytes = new DataView(new ArrayBuffer(16))
  bytes.setBigUint64(0, BigInt(Date.now()) << 16n)
  bytes.setUint16(6, 0x7000 | (random[0]! & 0x0fff))
  bytes.setUint16(8, 0x8000 | (random[1]! & 0x3fff))
  for (let i = 2; i < 5; i++) bytes.setUint16(6 + 2 * i, random[i]!)
  const hex = Array.from(new Uint8Array(bytes.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
