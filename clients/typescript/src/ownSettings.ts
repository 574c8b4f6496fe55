import type { StoredConversation } from './changes.ts'
import type { OwnSettings } from './protocol.ts'
import { addRange, missing } from './seqNoRanges.ts'

/** Muted for ever: the end of the year 9999, ms. */
export const mutedAlways = 253_402_300_799_999

/** Whether the user is to be notified of nothing in a conversation. */
export const isMuted = ({ mutedUntil }: { readonly mutedUntil?: number }, now = Date.now()): boolean => mutedUntil !== undefined && mutedUntil > now

/** Whether a conversation is gone: archived, and everything in it was cleared. Its next message brings it back. */
export const isDeleted = ({ archived, clearedUpTo = 0, maxSeqNo, lastMessage, complete }: StoredConversation): boolean =>
  // Notices, and changes of what is cleared, bring nothing back.
  archived === true && clearedUpTo > 0 && !lastMessage && missing(complete, clearedUpTo + 1, maxSeqNo).length === 0

/** All of them, where what is not set is said so. */
export const allOf = ({ mutedUntil = 0, archived = false, pinned = false, markedUnread = false, clearedUpTo = 0, draft = '' }: OwnSettings): Required<OwnSettings> => ({
  mutedUntil,
  archived,
  pinned,
  markedUnread,
  clearedUpTo,
  draft,
})

const names = Object.keys(allOf({})) as (keyof OwnSettings)[]

export const isSame = (one: OwnSettings, other: OwnSettings): boolean => names.every((name) => allOf(one)[name] === allOf(other)[name])

/** Those of the settings that are the same in two states of a conversation. */
export const unchanged = (settings: OwnSettings, before: OwnSettings, now: OwnSettings): OwnSettings =>
  Object.fromEntries(names.filter((name) => allOf(before)[name] === allOf(now)[name]).map((name) => [name, allOf(settings)[name]]))

/** A conversation with settings that were changed; what is absent stays. */
export function withSettings(conversation: StoredConversation, change: OwnSettings): StoredConversation {
  const set = { ...allOf(conversation), ...Object.fromEntries(names.filter((name) => change[name] !== undefined).map((name) => [name, change[name]])) }
  return cleared({
    ...conversation,
    mutedUntil: set.mutedUntil || undefined,
    archived: set.archived || undefined,
    pinned: set.pinned || undefined,
    markedUnread: set.markedUnread || undefined,
    clearedUpTo: Math.max(set.clearedUpTo, conversation.clearedUpTo ?? 0) || undefined,
    draft: set.draft || undefined,
  })
}

/** What is cleared is neither shown nor counted, and nothing of it is missing. */
function cleared(conversation: StoredConversation): StoredConversation {
  const { clearedUpTo = 0, maxSeqNo, lastMessage, unreadCount, unreadMentions, unreadCapped, complete, notices } = conversation
  if (clearedUpTo === 0) return conversation
  const above = Math.max(0, maxSeqNo - clearedUpTo)
  return {
    ...conversation,
    lastMessage: lastMessage && lastMessage.seqNo > clearedUpTo ? lastMessage : undefined,
    unreadCount: Math.min(unreadCount, above),
    ...(unreadMentions !== undefined && { unreadMentions: Math.min(unreadMentions, above) }),
    unreadCapped: above > unreadCount && unreadCapped,
    complete: addRange(complete, 1, clearedUpTo),
    ...(notices && { notices: notices.filter(({ seqNo }) => seqNo > clearedUpTo) }),
  }
}
