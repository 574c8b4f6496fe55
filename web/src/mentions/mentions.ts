import { everybody, maxMentions } from '@chat/client'

/** Somebody who can be mentioned: a member, or all. */
export interface Named {
  readonly userId: string
  readonly role?: 'owner' | 'admin' | 'member'
}

/** In larger groups only owner and admins may mention all, unless the server's setting says otherwise. */
const allUpTo = 64
/** Shown at once. */
const mostShown = 8

const name = /(^|[^\p{L}\p{N}_@.-])@([A-Za-z0-9][A-Za-z0-9._-]*)/gu
const begun = /(?:^|[^\p{L}\p{N}_@.-])@([A-Za-z0-9._-]*)$/u

/** Where names stand in a text: what follows an `@`, without the dots and dashes that end a sentence. */
function namesIn(text: string): { readonly start: number; readonly end: number; readonly name: string }[] {
  return [...text.matchAll(name)].map(({ index, 1: before, 2: found }) => {
    const start = index + before!.length
    const named = found!.replace(/[._-]+$/, '')
    return { start, end: start + 1 + named.length, name: named }
  })
}

export const mayMentionAll = (members: readonly Named[], me: string): boolean =>
  members.length <= allUpTo || members.some(({ userId, role }) => userId === me && (role === 'owner' || role === 'admin'))

/** Whom a text mentions: members by their ids, and `@all`. */
export function mentionsIn(text: string, members: readonly Named[], me: string): string[] {
  const names = new Set(namesIn(text).map(one => one.name))
  if (names.has('all') && mayMentionAll(members, me) && !members.some(({ userId }) => userId === 'all')) return [everybody]
  return members.map(({ userId }) => userId).filter(userId => names.has(userId)).slice(0, maxMentions)
}

/** What is being written of a name before the caret; undefined if there is none. */
export const begunName = (text: string, caret: number): string | undefined => begun.exec(text.slice(0, caret))?.[1]

/** Who may be meant by what is written of a name, the best first. */
export function suggestions(members: readonly Named[], me: string, begun: string): string[] {
  const wanted = begun.toLowerCase()
  const names = [...members.map(({ userId }) => userId).filter(userId => userId !== me), ...(mayMentionAll(members, me) ? ['all'] : [])]
  const found = names.filter(one => one.toLowerCase().includes(wanted))
  const isPrefix = (one: string) => (one.toLowerCase().startsWith(wanted) ? 0 : 1)
  return found.sort((a, b) => isPrefix(a) - isPrefix(b)).slice(0, mostShown)
}

/** A text with the name before the caret in full, and where the caret is then. */
export function withName(text: string, caret: number, begun: string, chosen: string): { text: string; caret: number } {
  const before = `${text.slice(0, caret - begun.length)}${chosen} `
  return { text: before + text.slice(caret).replace(/^ /, ''), caret: before.length }
}

/** A part of a text: as it is, or somebody who is mentioned. */
export interface Part {
  readonly text: string
  readonly mentioned?: string
}

/** The parts of a text of a message that mentions some. */
export function partsOf(text: string, mentions: readonly string[]): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const { start, end, name } of namesIn(text)) {
    const mentioned = name === 'all' && mentions.includes(everybody) ? everybody : mentions.includes(name) ? name : undefined
    if (mentioned === undefined) continue
    if (start > from) parts.push({ text: text.slice(from, start) })
    parts.push({ text: text.slice(start, end), mentioned })
    from = end
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}
