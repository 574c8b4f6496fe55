import { type Change, type Cursors, type Expiring, isOutgoingChange, type OutboxEntry, type Outgoing, type StoredConversation } from './changes.ts'
import { extentOf } from './expiry.ts'
import { isGroup } from './ids.ts'
import { hasTarget, isAbove, isAsNew, laidOn, reaches } from './messageState.ts'
import { allOf, isMuted, withSettings } from './ownSettings.ts'
import { type ConversationSummary, mentionsUser, type Message, type MessageChange, noticeOf } from './protocol.ts'
import { addRange, cutBelow, rangeAt, withoutSeqNo } from './seqNoRanges.ts'

const newConversation = (id: string, activity: number): StoredConversation => ({
  id,
  maxSeqNo: 0,
  readSeqNo: 0,
  readUnsent: false,
  unreadCount: 0,
  countedSeqNo: 0,
  unreadCapped: false,
  activity,
  ackedSeqNo: 0,
  complete: [],
})

/**
 * A conversation after a change, by the same rule for the store and for every tab's memory. The same object if nothing changed; undefined if the
 * conversation is not known, or no longer. Cursors only rise, in whatever order changes come.
 */
export function nextConversation(conversation: StoredConversation | undefined, change: Change, me: string): StoredConversation | undefined {
  switch (change.type) {
    case 'removed':
      return undefined
    case 'listed':
      return listed(conversation ?? newConversation(change.summary.conversationId, change.activity), change)
    case 'queued':
      return conversation ?? conversationOfItem(change.item)
    case 'sent': {
      const at = change.message.seqNo
      const known = conversation ?? newConversation(change.message.conversationId, change.message.timestamp)
      return { ...withMessages(known, [change.message], me), complete: addRange(known.complete, at, at) }
    }
    case 'log': {
      const known = conversation ?? newConversation(change.conversationId, (change.messages.at(-1) ?? change.changes?.at(-1))?.timestamp ?? 0)
      const next = withMessages(known, change.messages, me)
      const [from, to] = change.complete ?? [1, 0]
      const complete = addRange(known.complete, from, to)
      return withNotices(withChanges({ ...next, complete, ackedSeqNo: Math.max(known.ackedSeqNo, change.acked ?? 0) }, change.changes ?? [], me), change.changes ?? [])
    }
    case 'advanced':
      return conversation && change.maxSeqNo > conversation.maxSeqNo ? { ...conversation, maxSeqNo: change.maxSeqNo } : conversation
    case 'missed':
      return conversation && { ...conversation, maxSeqNo: Math.max(conversation.maxSeqNo, change.seqNo), complete: withoutSeqNo(conversation.complete, change.seqNo) }
    case 'read':
      return conversation && read(conversation, change)
    case 'settings':
      return conversation && withSettings(conversation, change)
    case 'expired':
      return conversation && withoutExpired(conversation, change)
    case 'trimmed':
      return conversation && withoutBelow(conversation, change.below)
    case 'receipts':
      // A user who is not in the table has left.
      return conversation && { ...conversation, receipts: furthest(change.receipts, conversation.receipts ?? {}) }
    case 'receipt':
      return conversation && received(conversation, change.userId, change.cursors)
    default:
      return conversation
  }
}

/** Everything in the store is to be deleted. */
export const endsForGood = (change: Change): boolean => change.type === 'signedOut' && change.reason === 'signedOut'

/** What becomes of an outbox entry to a conversation that the user is no longer a member of; undefined: it is dropped. */
export const refusedByLeaving = (item: OutboxEntry): Outgoing | undefined =>
  isOutgoingChange(item)
    ? undefined
    : { ...item, state: 'failed', error: item.error ?? { code: 'not_a_member', message: 'You are no longer a member of this conversation.' } }

/** What stays of a conversation that the user has left, while there are unsent messages to it. */
export const leftConversation = (conversation: StoredConversation | undefined, item: Outgoing): StoredConversation => ({
  ...newConversation(item.conversationId, conversation?.activity ?? item.createdAt),
  title: conversation?.title,
  left: true,
})

/** The conversation that an outbox message stands in, where no other is known. */
export const conversationOfItem = (item: OutboxEntry): StoredConversation => newConversation(item.conversationId, item.createdAt)

/** What stands below a seqNo was deleted from the store. It is counted already, and may be fetched again. */
const withoutBelow = (conversation: StoredConversation, seqNo: number): StoredConversation => ({
  ...conversation,
  complete: cutBelow(conversation.complete, seqNo),
  ...(conversation.notices && { notices: conversation.notices.filter((notice) => notice.seqNo >= seqNo) }),
  countedSeqNo: Math.max(conversation.countedSeqNo, Math.min(conversation.maxSeqNo, seqNo - 1)),
})

function withMessages(conversation: StoredConversation, messages: readonly Message[], me: string): StoredConversation {
  let { maxSeqNo, lastMessage, unreadCount, unreadMentions = 0, activity, archived, expiry } = conversation
  for (const message of messages) {
    if (message.seqNo <= (conversation.clearedUpTo ?? 0)) continue
    // A new message brings an archived conversation back, unless it is muted.
    if (message.seqNo > maxSeqNo && !isMuted(conversation)) archived = undefined
    const isNew = message.seqNo > conversation.countedSeqNo && !rangeAt(conversation.complete, message.seqNo)
    if (isNew && message.seqNo > conversation.readSeqNo && message.senderId !== me && !message.deleted) {
      unreadCount++
      if (mentionsUser(message, me)) unreadMentions++
    }
    if (message.expiresAt !== undefined) expiry = earlier(expiry, message.expiresAt, message.seqNo)
    if (newer(lastMessage, message) === message) [lastMessage, activity] = [message, message.timestamp]
    maxSeqNo = Math.max(maxSeqNo, message.seqNo)
  }
  return { ...conversation, left: undefined, maxSeqNo, lastMessage, unreadCount, unreadMentions, activity, archived, ...(expiry && { expiry }) }
}

const earlier = (one: Expiring | undefined, next: number, from: number): Expiring => ({ next: Math.min(next, one?.next ?? next), from: Math.min(from, one?.from ?? from) })

/** Changes are no messages: nothing is unread for them, and the last message stays. Messages that lack earlier changes are missing from here on. */
function withChanges(conversation: StoredConversation, changes: readonly MessageChange[], me: string): StoredConversation {
  let { maxSeqNo, lastMessage, complete, timer, timerSeqNo } = conversation
  for (const change of changes) {
    maxSeqNo = Math.max(maxSeqNo, change.seqNo)
    const { seconds } = noticeOf(change) ?? {}
    if (seconds !== undefined && change.seqNo > (timerSeqNo ?? 0)) [timer, timerSeqNo] = [seconds || undefined, change.seqNo]
    if (!hasTarget(change)) continue
    if (!reaches(complete, change)) complete = withoutSeqNo(complete, change.target.seqNo)
    if (lastMessage?.messageId === change.target.messageId && isAbove(change, lastMessage)) lastMessage = laidOn(lastMessage, change, me)
  }
  return { ...conversation, maxSeqNo, lastMessage, complete, timer, timerSeqNo }
}

/** How many notices of a conversation are kept. */
export const maxNotices = 100

function withNotices(conversation: StoredConversation, changes: readonly MessageChange[]): StoredConversation {
  const known = conversation.notices ?? []
  const seqNos = new Set(known.map(({ seqNo }) => seqNo))
  const added = changes.flatMap((change) => noticeOf(change) ?? []).filter(({ seqNo }) => !seqNos.has(seqNo))
  if (added.length === 0) return conversation
  const notices = [...known, ...added].sort((a, b) => a.seqNo - b.seqNo)
  if (notices.length <= maxNotices) return { ...conversation, notices }
  return withoutBelow({ ...conversation, notices }, notices.at(-maxNotices)!.seqNo)
}

function listed(conversation: StoredConversation, change: Extract<Change, { type: 'listed' }>): StoredConversation {
  return withSettings(counted(conversation, change), allOf(change.summary))
}

function counted(conversation: StoredConversation, { summary }: Extract<Change, { type: 'listed' }>): StoredConversation {
  const last = newer(conversation.lastMessage, summary.lastMessage)
  // A store of the version before has not looked at what expires.
  const isUnseen = conversation.timerSeqNo === undefined && summary.timer !== undefined && conversation.complete.length > 0
  const expiresAt = isUnseen ? 0 : summary.lastMessage?.expiresAt
  const knowsTimer = summary.maxSeqNo >= (conversation.timerSeqNo ?? 0)
  const next = {
    ...conversation,
    left: undefined,
    title: summary.title ?? conversation.title,
    maxSeqNo: Math.max(conversation.maxSeqNo, summary.maxSeqNo),
    lastMessage: last,
    activity: last?.timestamp ?? conversation.activity,
    ...(expiresAt !== undefined && { expiry: earlier(conversation.expiry, expiresAt, isUnseen ? 1 : (summary.lastMessage?.seqNo ?? 1)) }),
    ...(knowsTimer && { timer: summary.timer, timerSeqNo: summary.maxSeqNo }),
  }
  if (isOlder(summary, conversation)) return next
  return {
    ...next,
    readSeqNo: summary.readSeqNo,
    readUnsent: false,
    countedSeqNo: summary.maxSeqNo,
    unreadCount: summary.unreadCount,
    unreadCapped: summary.unreadCapped ?? false,
    unreadMentions: summary.unreadMentions ?? 0,
  }
}

/** What expired leaves no trace but its place. Counts are taken over only where they are of this moment; else the next list has them. */
function withoutExpired(conversation: StoredConversation, { seqNos, last, left, next, of }: Extract<Change, { type: 'expired' }>): StoredConversation {
  const { expiry, lastMessage, ...rest } = conversation
  // What has come meanwhile may expire first: it is looked at again.
  const expires = of === extentOf(conversation) ? next : expiry
  const isLast = lastMessage !== undefined && seqNos.includes(lastMessage.seqNo)
  const isCounted = left?.upTo === conversation.maxSeqNo && left.above === conversation.readSeqNo
  return {
    ...rest,
    lastMessage: isLast ? last : lastMessage,
    ...(expires && { expiry: expires }),
    ...(isCounted && { unreadCount: left.count, unreadMentions: left.mentions ?? 0 }),
  }
}

/** The list is older than what has arrived or was read here: its count is not used. */
export const isOlder = (summary: ConversationSummary, conversation: StoredConversation): boolean =>
  summary.maxSeqNo < conversation.maxSeqNo || summary.readSeqNo < conversation.readSeqNo

const newer = (one: Message | undefined, other: Message | undefined) =>
  one && other ? (other.seqNo > one.seqNo || (other.seqNo === one.seqNo && isAsNew(other, one)) ? other : one) : (one ?? other)

function read(conversation: StoredConversation, { seqNo, left, unsent }: Extract<Change, { type: 'read' }>): StoredConversation {
  if (seqNo <= conversation.readSeqNo) return conversation
  const above = Math.max(0, conversation.maxSeqNo - seqNo)
  // A count up to another seqNo does not apply. At most all above the cursor are unread; the next list has the number.
  const known = above === 0 ? { count: 0, mentions: 0 } : left?.upTo === conversation.maxSeqNo ? left : undefined
  const exact = known?.count
  return {
    ...conversation,
    markedUnread: undefined,
    readSeqNo: seqNo,
    readUnsent: conversation.readUnsent || unsent,
    // A read ack is also a delivered ack (protocol, Acks).
    ackedSeqNo: unsent ? Math.max(conversation.ackedSeqNo, seqNo) : conversation.ackedSeqNo,
    unreadCount: exact ?? Math.min(conversation.unreadCount, above),
    unreadMentions: known?.mentions ?? Math.min(conversation.unreadMentions ?? 0, exact ?? above),
    unreadCapped: exact === undefined && above > conversation.unreadCount && conversation.unreadCapped,
  }
}

/**
 * Without the table a receipt is ignored: the table will have it. A direct conversation has only the other user's row, so the table can start with a
 * receipt; if the conversation is new, there was none to read when it was opened.
 */
function received(conversation: StoredConversation, userId: string, { delivered = 0, read = 0 }: Partial<Cursors>): StoredConversation {
  if (!conversation.receipts && isGroup(conversation.id)) return conversation
  const receipts = conversation.receipts ?? {}
  return { ...conversation, receipts: { ...receipts, ...furthest({ [userId]: { delivered, read } }, receipts) } }
}

/** For each user of the first table the higher cursors of both. */
function furthest(table: Readonly<Record<string, Cursors>>, other: Readonly<Record<string, Cursors>>): Record<string, Cursors> {
  return Object.fromEntries(
    Object.entries(table).map(([userId, { delivered, read }]) => {
      const known = other[userId] ?? { delivered: 0, read: 0 }
      return [userId, { delivered: Math.max(known.delivered, delivered, read), read: Math.max(known.read, read) }]
    }),
  )
}
