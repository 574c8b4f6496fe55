import { isOutgoingChange, type OutboxEntry, type Outgoing, type OutgoingChange } from './changes.ts'
import { laidOn } from './messageState.ts'
import type { ChangeContent, Message, TimerContent } from './protocol.ts'

/** A message as it will be when the outbox's changes of it are done. The same object where there is none. */
export function withPending(message: Message, changes: readonly OutgoingChange[], me: string): Message {
  const own = changes.filter((one): one is OutgoingChange & { change: ChangeContent } => one.target?.messageId === message.messageId)
  if (own.length === 0) return message
  // What is in its state does not change by it: an edit is based on what the user has really seen.
  const { changedSeqNo = 0 } = message
  return own.reduce((state, { change, createdAt }) => laidOn(state, { ...change, seqNo: changedSeqNo, senderId: me, timestamp: createdAt }, me), message)
}

/** Messages in the outbox with what was made of them since. */
export const asShown = (items: readonly Outgoing[]): Outgoing[] =>
  items.flatMap((item) => (item.then === undefined ? [item] : 'deleted' in item.then ? [] : [{ ...item, ...item.then }]))

/**
 * What a new change makes unnecessary of those that wait and were not sent: the edits before an edit; all but a delete before a delete; what is set and taken back.
 * @returns Their clientMsgIds, and whether the new one is needed.
 */
export function replaced(changes: readonly OutgoingChange[], messageId: string | undefined, change: ChangeContent | TimerContent, attempted: ReadonlySet<string>): { gone: string[]; isNeeded: boolean } {
  const own = changes.filter(({ target }) => target?.messageId === messageId)
  const last = own.findLast((one) => isSameThing(one.change, change))
  const isFree = (one: OutgoingChange) => !attempted.has(one.clientMsgId)
  const ids = (some: readonly OutgoingChange[]) => some.map(({ clientMsgId }) => clientMsgId)
  switch (change.kind) {
    case 'timer':
      return { gone: ids(own.filter(isFree)), isNeeded: true }
    case 'edit':
      return { gone: ids(own.filter((one) => one.change.kind === 'edit' && isFree(one))), isNeeded: true }
    case 'delete':
      return { gone: ids(own.filter((one) => one !== last && isFree(one))), isNeeded: last === undefined }
    default:
      if (last?.change.kind !== 'react' && last?.change.kind !== 'pin') return { gone: [], isNeeded: true }
      if (last.change.on === change.on) return { gone: [], isNeeded: false }
      return isFree(last) ? { gone: [last.clientMsgId], isNeeded: false } : { gone: [], isNeeded: true }
  }
}

const isSameThing = (one: ChangeContent | TimerContent, other: ChangeContent | TimerContent): boolean =>
  one.kind === other.kind && (one.kind !== 'react' || other.kind !== 'react' || one.emoji === other.emoji)

export const sameMentions = (one: readonly string[] = [], other: readonly string[] = []): boolean => one.length === other.length && one.every((id, at) => id === other[at])

/** An outbox entry's message is in the log: what was made of it meanwhile is a change now. */
export function followUp(item: OutboxEntry, message: Message, clientMsgId: () => string): OutgoingChange[] {
  if (isOutgoingChange(item)) return []
  // An edit that came while it was being sent, too.
  const { text, mentions } = item.then && 'text' in item.then ? item.then : item
  const isDeleted = item.then !== undefined && 'deleted' in item.then
  const isSame = text === message.text && sameMentions(mentions, message.mentions)
  if (!isDeleted && isSame) return []
  const { conversationId, order, createdAt } = item
  const { messageId, seqNo, threadId, threadSeqNo, changedSeqNo = 0 } = message
  const change: ChangeContent = isDeleted ? { kind: 'delete' } : { kind: 'edit', text, ...(!sameMentions(mentions, message.mentions) && { mentions: mentions ?? [] }) }
  const basedOn = isDeleted ? {} : { basedOn: changedSeqNo }
  const thread = isDeleted && threadId !== undefined && threadSeqNo !== undefined ? { thread: { threadId, threadSeqNo } } : {}
  return [{ clientMsgId: clientMsgId(), conversationId, createdAt, order, state: 'changing', text: '', target: { messageId, seqNo }, ...basedOn, change, ...thread }]
}
