import { mentionsUser, type Conversation, type Message } from '@chat/client'
import { useRef, useState } from 'preact/hooks'

/** Mentions that the user has not looked at. */
interface Pending {
  readonly count: number
  /** They stand above this seqNo. */
  readonly after: number
}

/**
 * The mentions that were unread when the conversation was opened, and those that have come since, until they were on screen: at the end everything is read at once, also what
 * stands further up.
 */
export function usePendingMentions(conversation: Conversation | undefined, me: string) {
  const unread = conversation?.unreadMentions ?? 0
  const [pending, setPending] = useState<Pending>(() => ({ count: unread, after: conversation?.readSeqNo ?? 0 }))
  const before = useRef(unread)
  if (unread > before.current) setPending(({ count, after }) => (count === 0 ? { count: unread, after: conversation!.readSeqNo } : { count: Math.max(unread, count + unread - before.current), after }))
  before.current = unread

  return {
    count: pending.count,
    after: pending.after,
    /** The first of those that are loaded. */
    next: (messages: readonly Message[]) => (pending.count === 0 ? undefined : messages.find(message => message.seqNo > pending.after && message.senderId !== me && mentionsUser(message, me))),
    /** One was looked at; undefined: there is none after all. */
    seen: (seqNo: number | undefined) => setPending(({ count, after }) => (seqNo === undefined ? { count: 0, after } : seqNo > after ? { count: Math.max(0, count - 1), after: seqNo } : { count, after })),
  }
}
