/** The contract's records, as they travel (docs/protocol.md): times in Unix milliseconds, seqNos below 2^53. */

import type { MessageContent, MessageMedia } from './content.ts'

/** A message in its present state: what it says, where it stands in the server's log, and what later entries of the log have made of it. */
export interface Message extends MessageContent {
  readonly messageId: string
  readonly conversationId: string
  readonly seqNo: number
  readonly senderId: string
  readonly timestamp: number
  /** Present on the user's own messages. */
  readonly clientMsgId?: string
  /** From then on it is shown to nobody, by the server's clock, ms. Absent: it stays. */
  readonly expiresAt?: number
  /** When the text was written that it has now, if it is not the first one. */
  readonly editedAt?: number
  /** The last edit was made without having seen the one before it. */
  readonly concurrent?: boolean
  /** Only its place is left: the text is empty, and there is nothing else. */
  readonly deleted?: { readonly by: string; readonly at: number }
  /** In the order in which each emoji was first set. */
  readonly reactions?: readonly Reaction[]
  readonly pinned?: boolean
  /** What stands in the thread that it began; absent if there is none. */
  readonly thread?: MessageThread
  /** The seqNo of the last change that is in this state; absent if there was none. */
  readonly changedSeqNo?: number
}

export interface MessageThread {
  /** Its messages that are not deleted. */
  readonly count: number
  /** The newest, also a deleted one. */
  readonly lastSeqNo: number
  /** The first 3 who have written in it. */
  readonly userIds: readonly string[]
}

/** Everybody, in `mentions`. */
export const everybody = '@all'

/** Whether a message, or an outbox entry, mentions a user. */
export const mentionsUser = ({ mentions }: MessageContent, userId: string): boolean => mentions?.some((one) => one === everybody || one === userId) ?? false

export interface Reaction {
  readonly emoji: string
  readonly count: number
  /** The user has set it. */
  readonly mine?: boolean
  /** Up to 3 of those who have. */
  readonly userIds: readonly string[]
}

/** The message that a change is for. */
export interface MessageTarget {
  readonly messageId: string
  readonly seqNo: number
}

/** What is done to a message. */
export type ChangeContent =
  | { readonly kind: 'edit'; readonly text: string; readonly mentions?: readonly string[]; readonly concurrent?: boolean }
  | { readonly kind: 'delete' }
  | { readonly kind: 'react'; readonly emoji: string; readonly on: boolean }
  | { readonly kind: 'pin'; readonly on: boolean }

/** What is done to a conversation: from then on its messages expire so many seconds after they were sent; 0: no longer. */
export type TimerContent = { readonly kind: 'timer'; readonly seconds: number }

/** What a message, or the deletion of one, does to the message that began its thread. Not sent: made of that entry, whose seqNo it has. */
export type ThreadContent = { readonly kind: 'thread'; readonly on: boolean }

/** An entry of the log that changes a message. A newer server has more kinds, some without a target. */
export type MessageChange = (ChangeContent | ThreadContent) & {
  readonly messageId: string
  readonly conversationId: string
  readonly seqNo: number
  readonly senderId: string
  readonly timestamp: number
  readonly target: MessageTarget
  readonly clientMsgId?: string
  /** Of the deletion of a message in a thread: the message that began it. */
  readonly threadId?: string
  readonly threadSeqNo?: number
}

/** What a notice tells. A newer server tells more. */
export type NoticeKind = 'timerChanged' | 'created' | 'memberAdded' | 'memberRemoved' | 'left' | 'titleChanged' | 'roleChanged'

/** Something that happened to a group, or to the conversation's timer, in its place in the log. No message: it is not unread, and nobody is notified of it. */
export interface Notice {
  readonly messageId: string
  readonly conversationId: string
  readonly seqNo: number
  /** Who did it. */
  readonly senderId: string
  readonly timestamp: number
  readonly what: NoticeKind
  /** Whom it happened to, where it is always one: `memberRemoved`, `left` (the sender), `roleChanged`. */
  readonly userId?: string
  /** Whom it happened to, where it may be several: `memberAdded`, `created`. */
  readonly userIds?: readonly string[]
  /** The title of `created` and `titleChanged`, the role of `roleChanged`. */
  readonly value?: string
  /** Of `timerChanged`: 0 for off. */
  readonly seconds?: number
}

/** The notice in an entry that came as a change; undefined for any other. */
export function noticeOf(change: MessageChange): Notice | undefined {
  const { type: _, kind, ...notice } = change as unknown as Notice & { readonly type?: string; readonly kind: string }
  if (kind === 'timer') return { ...notice, what: 'timerChanged' }
  return kind === 'notice' ? notice : undefined
}

/** A message as it came, in a frame or a page. A newer server's may lack a text: it was erased, or is no text. */
export type MessageOnWire = Omit<Message, 'text'> & { readonly type?: 'message'; readonly text?: string }

export const messageOf = ({ type: _, ...message }: MessageOnWire): Message => ({ ...message, text: message.text ?? '' })

/** Stable error codes. `network` and `storage` are this library's own: no answer came; the store cannot be written. */
export type ErrorCode =
  | 'bad_request'
  | 'unauthenticated'
  | 'token_expired'
  | 'forbidden'
  | 'not_a_member'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'rate_limited'
  | 'unavailable'
  | 'internal'
  | 'too_late'
  | 'quota_exceeded'
  | 'quarantined'
  | 'network'
  | 'storage'

/** Shortest and longest timer, seconds (protocol, Timers). */
export const timerRange = { least: 5, most: 31_536_000 } as const

export type ClientFrame =
  | ({ type: 'message'; to: string; clientMsgId: string; mediaIds?: MediaReference[] } & Omit<MessageContent, 'media'>)
  | ChangeFrame
  | { type: 'timer'; to: string; seconds: number; clientMsgId: string }
  | { type: 'ack'; conversationId: string; seqNo: number; status: 'delivered' | 'read' }
  | { type: 'typing'; conversationId: string; active: boolean }
  | { type: 'presence'; subscribe?: string[]; unsubscribe?: string[] }
  | { type: 'auth'; token: string }
  | { type: 'ping' }

export type ChangeFrame = { to: string; messageId: string; clientMsgId: string } & (
  | { type: 'edit'; text: string; mentions?: readonly string[]; basedOn: number }
  | { type: 'delete' }
  | { type: 'react'; emoji: string; on: boolean }
  | { type: 'pin'; on: boolean }
)

/** How a sent message names its media. */
export type MediaReference = string | { mediaId: string; voice: true; waveform?: readonly number[] }

export const referenceTo = ({ mediaId, voice, waveform }: MessageMedia): MediaReference => (voice ? { mediaId, voice, waveform } : mediaId)

/** What the server says of an upload. */
export interface UploadedMedia extends Omit<MessageMedia, 'thumbnail' | 'voice' | 'waveform'> {
  readonly mediaUrl: string
  readonly thumbnailUrl?: string
}

/** The ack of an own message or change: it is durable and has this seqNo. */
export interface SentAck {
  clientMsgId: string
  messageId: string
  conversationId: string
  seqNo: number
  timestamp: number
  status: 'sent'
}

/** This user has received or read all messages up to seqNo. */
export interface Receipt {
  conversationId: string
  seqNo: number
  userId: string
  status: 'delivered' | 'read'
}

export type ConversationChange = 'created' | 'titleChanged' | 'memberAdded' | 'memberRemoved' | 'roleChanged'

export type ServerFrame =
  | { type: 'welcome'; userId: string; deviceId: string; serverTime: number; epoch: string }
  | ({ type: 'message' } & MessageOnWire)
  | ({ type: 'change' } & MessageChange)
  | ({ type: 'ack' } & (SentAck | Receipt))
  | { type: 'typing'; conversationId: string; userId: string; active: boolean }
  | { type: 'presence'; userId: string; online: boolean; lastSeen?: number }
  | { type: 'advanced'; conversationId: string; maxSeqNo: number }
  | { type: 'conversation'; conversationId: string; change: ConversationChange; userId?: string }
  | ({ type: 'settings'; conversationId: string } & OwnSettings)
  | { type: 'authenticated'; expiresAt: number }
  | { type: 'caughtUp' }
  | { type: 'resync' }
  | { type: 'goAway'; afterMs: number }
  | { type: 'pong' }
  | { type: 'error'; code: ErrorCode; message: string; clientMsgId?: string; retryAfterMs?: number }

export interface Page {
  conversationId: string
  messages: Message[]
  /** The other entries of the range, ascending. */
  changes?: MessageChange[]
  /** Upwards: the page is complete up to here. */
  nextAfter?: number
  /** Downwards: the page is complete from here; absent where nothing lies below. */
  nextBefore?: number
  maxSeqNo: number
}

/** A page of a thread, ascending, without the message that began it. */
export interface ThreadPage {
  messages: Message[]
  /** Upwards: it continues above this; absent at the end. */
  nextAfter?: number
  /** Downwards: it continues below this; absent at the end. */
  nextBefore?: number
}

/** Who has set an emoji on a message. */
export interface ReactionOf {
  readonly userId: string
  readonly emoji: string
  readonly seqNo: number
}

/** A text that a message has had: the first one, or an edit's. */
export interface MessageText {
  readonly messageId: string
  readonly seqNo: number
  readonly senderId: string
  readonly timestamp: number
  readonly text: string
  /** Whom it mentions; an edit without it has left that as it was. */
  readonly mentions?: readonly string[]
  readonly concurrent?: boolean
}

/** What the user has set for a conversation, for all of its devices. In a change: what is absent stays; `mutedUntil` 0 and `draft` '' end it. */
export interface OwnSettings {
  /** Until when the user is not notified of its messages, ms. It may have passed: `isMuted` tells. */
  readonly mutedUntil?: number
  /** Out of the list, until its next message, or as long as it is muted. */
  readonly archived?: boolean
  /** To be shown before the others. */
  readonly pinned?: boolean
  /** Until the user reads on. */
  readonly markedUnread?: boolean
  /** What stands up to this seqNo is not shown any more; it never moves back. */
  readonly clearedUpTo?: number
  /** What is written and not sent. */
  readonly draft?: string
}

export interface ConversationSummary extends OwnSettings {
  conversationId: string
  title?: string
  maxSeqNo: number
  deliveredSeqNo: number
  readSeqNo: number
  unreadCount: number
  unreadCapped?: boolean
  /** Those of the unread messages that mention the user; absent for none. */
  unreadMentions?: number
  lastMessage?: Message
  /** After how many seconds its new messages expire; absent for never. */
  timer?: number
}

export interface ConversationList {
  conversations: ConversationSummary[]
  next?: string
  epoch: string
}

export type Role = 'owner' | 'admin' | 'member'
export interface Member {
  userId: string
  role: Role
}
export type History = 'all' | 'fromJoin'
export interface Group {
  conversationId: string
  title: string
  history: History
  timer?: number
  members: Member[]
}

export interface Device {
  deviceId: string
  deviceName?: string
  createdAt: number
  lastUsedAt: number
  current: boolean
}

export interface Tokens {
  accessToken: string
  refreshToken: string
  /** Seconds. */
  expiresIn: number
}
