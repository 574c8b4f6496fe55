import type { Change, Cursors, Outgoing, Row } from './changes.ts'
import { isGroup } from './ids.ts'
import type { Message } from './protocol.ts'
import { addSpan, cutBelow, spanAt, without } from './spans.ts'

const emptyRow = (id: string, activity: number): Row => ({
  id,
  maxSeqNo: 0,
  readSeqNo: 0,
  readUnsent: false,
  unreadCount: 0,
  countedTo: 0,
  unreadCapped: false,
  activity,
  acked: 0,
  spans: [],
})

/**
 * A conversation after a change: the one rule for the store and for every tab's memory. The same object where nothing changed; undefined
 * where the conversation is not, or no longer, known. Whatever order changes come in, cursors only rise.
 */
export function nextRow(row: Row | undefined, change: Change, me: string): Row | undefined {
  switch (change.type) {
    case 'removed':
      return undefined
    case 'listed':
      return listed(row ?? emptyRow(change.summary.conversationId, change.activity), change)
    case 'queued':
      return row ?? rowFor(change.item)
    case 'sent': {
      const at = change.message.seqNo
      const known = row ?? emptyRow(change.message.conversationId, change.message.timestamp)
      return { ...withMessages(known, [change.message], me), spans: addSpan(known.spans, at, at) }
    }
    case 'log': {
      const known = row ?? emptyRow(change.conversationId, change.messages.at(-1)?.timestamp ?? 0)
      const next = withMessages(known, change.messages, me)
      const [from, to] = change.complete ?? [1, 0]
      return { ...next, spans: addSpan(known.spans, from, to), acked: Math.max(known.acked, change.acked ?? 0) }
    }
    case 'advanced':
      return row && change.maxSeqNo > row.maxSeqNo ? { ...row, maxSeqNo: change.maxSeqNo } : row
    case 'missed':
      return row && { ...row, maxSeqNo: Math.max(row.maxSeqNo, change.seqNo), spans: without(row.spans, change.seqNo) }
    case 'read':
      return row && read(row, change)
    case 'trimmed':
      return row && withoutBelow(row, change.below)
    case 'receipts':
      // Who is not in the table has left.
      return row && { ...row, receipts: furthest(change.receipts, row.receipts ?? {}) }
    case 'receipt':
      return row && received(row, change.userId, change.cursors)
    default:
      return row
  }
}

/** What was to be sent to a conversation that the user is no member of any more. */
export const refusedByLeaving = (item: Outgoing): Outgoing => ({
  ...item,
  state: 'failed',
  error: item.error ?? { code: 'not_a_member', message: 'You are no member of this conversation any more.' },
})

/** What stays of a conversation that was left, where something could not be sent to it. */
export const leftRow = (row: Row | undefined, item: Outgoing): Row => ({
  ...emptyRow(item.conversationId, row?.activity ?? item.createdAt),
  title: row?.title,
  left: true,
})

/** The row that an outbox message stands in, where no other is known. */
export const rowFor = (item: Outgoing): Row => emptyRow(item.conversationId, item.createdAt)

/** Messages below a place were dropped from the store: they are counted already, and may come again. */
const withoutBelow = (row: Row, seqNo: number): Row => ({
  ...row,
  spans: cutBelow(row.spans, seqNo),
  countedTo: Math.max(row.countedTo, Math.min(row.maxSeqNo, seqNo - 1)),
})

function withMessages(row: Row, messages: readonly Message[], me: string): Row {
  let { maxSeqNo, lastMessage, unreadCount, activity } = row
  for (const message of messages) {
    const isNew = message.seqNo > row.countedTo && !spanAt(row.spans, message.seqNo)
    if (isNew && message.seqNo > row.readSeqNo && message.senderId !== me) unreadCount++
    if (message.seqNo >= (lastMessage?.seqNo ?? 0)) [lastMessage, activity] = [message, message.timestamp]
    maxSeqNo = Math.max(maxSeqNo, message.seqNo)
  }
  return { ...row, left: undefined, maxSeqNo, lastMessage, unreadCount, activity }
}

function listed(row: Row, { summary }: Extract<Change, { type: 'listed' }>): Row {
  const last = newer(row.lastMessage, summary.lastMessage)
  const next = {
    ...row,
    left: undefined,
    title: summary.title ?? row.title,
    maxSeqNo: Math.max(row.maxSeqNo, summary.maxSeqNo),
    lastMessage: last,
    activity: last?.timestamp ?? row.activity,
  }
  // What has come or was read here since the list was made is not in its figure.
  if (summary.maxSeqNo < row.maxSeqNo || summary.readSeqNo < row.readSeqNo) return next
  return {
    ...next,
    readSeqNo: summary.readSeqNo,
    readUnsent: false,
    countedTo: summary.maxSeqNo,
    unreadCount: summary.unreadCount,
    unreadCapped: summary.unreadCapped ?? false,
  }
}

const newer = (one: Message | undefined, other: Message | undefined) =>
  one && other ? (other.seqNo >= one.seqNo ? other : one) : (one ?? other)

function read(row: Row, { seqNo, left, unsent }: Extract<Change, { type: 'read' }>): Row {
  if (seqNo <= row.readSeqNo) return row
  const above = Math.max(0, row.maxSeqNo - seqNo)
  // A count of another moment is none. At most the numbers above the cursor can be unread; the next list has the figure.
  const exact = above === 0 ? 0 : left?.upTo === row.maxSeqNo ? left.count : undefined
  return {
    ...row,
    readSeqNo: seqNo,
    readUnsent: row.readUnsent || unsent,
    // Reading is acking (protocol, Acks).
    acked: unsent ? Math.max(row.acked, seqNo) : row.acked,
    unreadCount: exact ?? Math.min(row.unreadCount, above),
    unreadCapped: exact === undefined && above > row.unreadCount && row.unreadCapped,
  }
}

/**
 * Without a table a receipt is nothing: the table is yet to come. Of a direct conversation the other's is all there is of a table; one that
 * begins with this message had none to read when it was opened.
 */
function received(row: Row, userId: string, { delivered = 0, read = 0 }: Partial<Cursors>): Row {
  if (!row.receipts && isGroup(row.id)) return row
  const receipts = row.receipts ?? {}
  return { ...row, receipts: { ...receipts, ...furthest({ [userId]: { delivered, read } }, receipts) } }
}

/** Of each user of the first table the furthest that either says. */
function furthest(table: Readonly<Record<string, Cursors>>, other: Readonly<Record<string, Cursors>>): Record<string, Cursors> {
  return Object.fromEntries(
    Object.entries(table).map(([userId, { delivered, read }]) => {
      const known = other[userId] ?? { delivered: 0, read: 0 }
      return [userId, { delivered: Math.max(known.delivered, delivered, read), read: Math.max(known.read, read) }]
    }),
  )
}
