import type { ChangeContent, Message, MessageChange, MessageThread, Reaction, ThreadContent } from './protocol.ts'
import { rangeAt, type SeqNoRanges } from './seqNoRanges.ts'

/** How many users a reaction, or a thread, names. */
const named = 3

type Applied = (ChangeContent | ThreadContent) & { readonly seqNo: number; readonly senderId: string; readonly timestamp: number }

/**
 * A message after a change of it that is not in its state yet. Of a change that this version does not know only its place is taken.
 * @param me Whose `mine` the reactions tell.
 */
export function laidOn(message: Message, change: Applied, me: string): Message {
  const { seqNo, senderId, timestamp } = change
  if (change.kind === 'thread') return { ...message, thread: threadAfter(message.thread, change.on, seqNo, senderId), changedSeqNo: seqNo }
  if (message.deleted) return message
  switch (change.kind) {
    case 'edit': {
      const { concurrent: _, ...rest } = message
      const { mentions: _before, ...unmentioning } = rest
      const said = change.mentions === undefined ? rest : { ...unmentioning, ...(change.mentions.length > 0 && { mentions: change.mentions }) }
      return { ...said, text: change.text, editedAt: timestamp, ...(change.concurrent && { concurrent: true }), changedSeqNo: seqNo }
    }
    case 'delete': {
      const { messageId, conversationId, seqNo: place, senderId: writer, timestamp: written, clientMsgId, threadId, threadSeqNo, thread, expiresAt } = message
      const kept = { ...(clientMsgId !== undefined && { clientMsgId }), ...(threadId !== undefined && { threadId, threadSeqNo }), ...(thread && { thread }), ...(expiresAt !== undefined && { expiresAt }) }
      return { messageId, conversationId, seqNo: place, senderId: writer, timestamp: written, ...kept, text: '', deleted: { by: senderId, at: timestamp }, changedSeqNo: seqNo }
    }
    case 'react': {
      const { reactions: before = [], ...rest } = message
      const reactions = change.on ? added(before, change.emoji, senderId, me) : removed(before, change.emoji, senderId, me)
      return { ...rest, ...(reactions.length > 0 && { reactions }), changedSeqNo: seqNo }
    }
    case 'pin': {
      const { pinned: _, ...rest } = message
      return { ...rest, ...(change.on && { pinned: true }), changedSeqNo: seqNo }
    }
    default:
      return { ...(message as Message), changedSeqNo: seqNo }
  }
}

/**
 * What entries of a log do to the messages that began threads, as changes of those. A message that comes deleted has been added all the same: its deletion, which takes
 * it away, comes as an entry of its own.
 */
export function changesOfThreads(messages: readonly Message[], changes: readonly MessageChange[] = []): MessageChange[] {
  const added = messages.flatMap((message) => changeOfThread(message, true))
  const removed = changes.filter(({ kind }) => kind === 'delete').flatMap((change) => changeOfThread(change, false))
  return [...added, ...removed].sort((a, b) => a.seqNo - b.seqNo)
}

function changeOfThread(entry: Message | MessageChange, on: boolean): MessageChange[] {
  const { messageId, conversationId, seqNo, senderId, timestamp, threadId, threadSeqNo } = entry
  if (threadId === undefined || threadSeqNo === undefined) return []
  return [{ kind: 'thread', on, messageId, conversationId, seqNo, senderId, timestamp, target: { messageId: threadId, seqNo: threadSeqNo } }]
}

function threadAfter({ count, lastSeqNo, userIds }: MessageThread = { count: 0, lastSeqNo: 0, userIds: [] }, on: boolean, seqNo: number, by: string): MessageThread {
  if (!on) return { count: Math.max(0, count - 1), lastSeqNo, userIds }
  return { count: count + 1, lastSeqNo: seqNo, userIds: userIds.length < named && !userIds.includes(by) ? [...userIds, by] : userIds }
}

/** Whether a change is not in a message's state yet. */
export const isAbove = (change: { readonly seqNo: number }, { changedSeqNo = 0 }: Message): boolean => change.seqNo > changedSeqNo

/** Whether a message as it came is as new as the one that is here, and takes its place. */
export const isAsNew = (message: Message, held: Message | undefined): boolean => (message.changedSeqNo ?? 0) >= (held?.changedSeqNo ?? 0)

/**
 * Whether everything between a message and a change of it is known. If not, changes of it may be missing that come before this one, and the message has to
 * be fetched: reactions cannot be counted in any order.
 */
export const reaches = (complete: SeqNoRanges, { target, seqNo }: Pick<MessageChange, 'target' | 'seqNo'>): boolean =>
  (rangeAt(complete, target.seqNo)?.[1] ?? 0) >= seqNo

/** What becomes of a stored message. @returns Undefined: it stays. `incomplete`: it is to be deleted, and fetched again. */
export function afterChange(held: Message | undefined, change: MessageChange, complete: SeqNoRanges, me: string): Message | 'incomplete' | undefined {
  if (!held || held.messageId !== change.target.messageId) return undefined
  if (!reaches(complete, change)) return 'incomplete'
  return isAbove(change, held) ? laidOn(held, change, me) : undefined
}

/** Whether it is for a message: a newer server has entries that are for none. */
export const hasTarget = (change: MessageChange): boolean => (change as Partial<MessageChange>).target !== undefined

function added(reactions: readonly Reaction[], emoji: string, by: string, me: string): readonly Reaction[] {
  const known = reactions.find((one) => one.emoji === emoji)
  if (!known) return [...reactions, { emoji, count: 1, ...(by === me && { mine: true }), userIds: [by] }]
  // Shown already, as it waits in the outbox.
  if (by === me && known.mine) return reactions
  const userIds = known.userIds.length < named && !known.userIds.includes(by) ? [...known.userIds, by] : known.userIds
  return reactions.map((one) => (one === known ? { ...one, count: one.count + 1, ...(by === me && { mine: true }), userIds } : one))
}

function removed(reactions: readonly Reaction[], emoji: string, by: string, me: string): readonly Reaction[] {
  const known = reactions.find((one) => one.emoji === emoji)
  if (!known || (by === me && !known.mine)) return reactions
  if (known.count <= 1) return reactions.filter((one) => one !== known)
  const { mine, ...rest } = known
  const left = { ...rest, count: known.count - 1, ...(mine && by !== me && { mine }), userIds: known.userIds.filter((id) => id !== by) }
  return reactions.map((one) => (one === known ? left : one))
}
