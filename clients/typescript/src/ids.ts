/** The direct conversation of two users: their ids in ordinal order. */
export const directOf = (one: string, other: string): string => (one < other ? `dm:${one}:${other}` : `dm:${other}:${one}`)

export const isGroup = (conversationId: string): boolean => conversationId.startsWith('g:')

/** The other user of a direct conversation; undefined for a group. */
export function peerOf(conversationId: string, me: string): string | undefined {
  if (!conversationId.startsWith('dm:')) return undefined
  const [, one, other] = conversationId.split(':')
  return one === me ? other : one
}

/** The conversation that `to` names: a conversationId, or `@userId` for the direct one with that user. */
export const conversationOf = (to: string, me: string): string => (to.startsWith('@') ? directOf(me, to.slice(1)) : to)

/** Random [a-z0-9]: 41 bits for 8, 103 bits for 20. `crypto.randomUUID` is not there on pages without https. */
export function randomId(length: number): string {
  // 252 is the largest multiple of 36 in a byte: above it the first letters would be likelier.
  let id = ''
  while (id.length < length)
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2)))
      if (byte < 252 && id.length < length) id += (byte % 36).toString(36)
  return id
}
