import type { MessageContent, MessageMedia } from './content.ts'
import type { ChatError } from './errors.ts'
import type { ChangeContent, ConversationSummary, Message, MessageChange, MessageTarget, Notice, OwnSettings, TimerContent } from './protocol.ts'
import type { SeqNoRange, SeqNoRanges } from './seqNoRanges.ts'

/** Who is signed in on this device, and the tokens that prove it. */
export interface Session {
  readonly userId: string
  readonly deviceId: string
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token ends, by this machine's clock, ms. */
  readonly expiresAt: number
  /** When it is renewed, ms. */
  readonly renewAt: number
}

/**
 * Why nobody is signed in. `expired` keeps the store for the same user's next sign-in; `revoked` (the device may be in other hands) keeps the outbox
 * only; `lost` (the browser deleted the store) keeps the outbox in memory while the page is open; `signedOut` deletes everything.
 */
export type SignedOutReason = 'signedOut' | 'expired' | 'revoked' | 'lost'

/** An outbox entry: a message that is stored here and not yet acked by the server. */
export interface Outgoing extends MessageContent {
  readonly clientMsgId: string
  readonly conversationId: string
  /** By this machine's clock, ms; for display only. */
  readonly createdAt: number
  /** Rises within a store; the order in which they are sent. */
  readonly order: number
  /** `uploading`: its files come first. `failed` was refused for good and waits for the user: `retry` or `discard`. */
  readonly state: 'uploading' | 'waiting' | 'failed'
  readonly error?: { readonly code: ChatError['code']; readonly message: string }
  /** The files that it takes along, after its `media`. When all of them are uploaded they are the last of its `media`. */
  readonly files?: readonly OutgoingFile[]
  /** What was made of it after it may have reached the server: goes out as a change when it is acked. */
  readonly then?: { readonly text: string; readonly mentions?: readonly string[] } | { readonly deleted: true }
}

/** An outbox entry that changes a message which the server has, or the conversation's timer. It is shown as if it were done, and taken back if it is refused. */
export interface OutgoingChange {
  readonly clientMsgId: string
  readonly conversationId: string
  readonly createdAt: number
  readonly order: number
  /** Never `waiting`: another tab of an earlier version would send it as a message. */
  readonly state: 'changing'
  /** For such a tab, which shows it as a message. */
  readonly text: ''
  /** Absent for a timer. */
  readonly target?: MessageTarget
  /** Of an edit: the seqNo of the newest change that the user has seen. */
  readonly basedOn?: number
  readonly change: ChangeContent | TimerContent
  /** Of the deletion of a message in a thread: the message that began it. */
  readonly thread?: { readonly threadId: string; readonly threadSeqNo: number }
}

export type OutboxEntry = Outgoing | OutgoingChange

export const isOutgoingChange = (item: OutboxEntry): item is OutgoingChange => item.state === 'changing'

/** A file of an outbox entry. Its bytes are kept in the store until the message is sent. */
export interface OutgoingFile extends Omit<MessageMedia, 'mediaId' | 'blurhash' | 'thumbnail'> {
  readonly fileId: string
  /** What it became; absent before it is uploaded. */
  readonly media?: MessageMedia
}

/** How far a user has got in a conversation. Cumulative: everything up to a cursor was delivered or read. */
export interface Cursors {
  readonly delivered: number
  readonly read: number
}

/** A conversation as the store keeps it. */
export interface StoredConversation extends OwnSettings {
  readonly id: string
  readonly title?: string
  /** The user is no longer a member; it stays while there are unsent messages to it. */
  readonly left?: true
  readonly maxSeqNo: number
  readonly readSeqNo: number
  /** No list has shown yet that the server has the read cursor: it is sent again on each connection. */
  readonly readUnsent: boolean
  readonly unreadCount: number
  /** `unreadCount` is the server's number up to here; each message above it is counted when it arrives. */
  readonly countedSeqNo: number
  /** There are more than `unreadCount` unread messages. */
  readonly unreadCapped: boolean
  /** Those of the unread messages that mention the user; absent in a store of the version before. */
  readonly unreadMentions?: number
  readonly lastMessage?: Message
  /** When the last message was sent, or the conversation was first known here, ms; orders the list. */
  readonly activity: number
  /** The highest seqNo that this device has acked as delivered or read; 0 for none. */
  readonly ackedSeqNo: number
  /** The ranges of which every message is in the store. */
  readonly complete: SeqNoRanges
  /** Its newest notices in those ranges, ascending; absent for none. Where there are too many, what lies below the lowest is not complete. */
  readonly notices?: readonly Notice[]
  /** After how many seconds new messages expire; absent for never, and in a store of the version before. */
  readonly timer?: number
  /** Up to this seqNo `timer` is known. */
  readonly timerSeqNo?: number
  /** When the first of the stored messages expires, and the lowest seqNo of those that do; absent for none. */
  readonly expiry?: Expiring
  /** The receipts table, by user; absent before it was read, and in conversations too large for receipts. */
  readonly receipts?: Readonly<Record<string, Cursors>>
}

export interface Expiring {
  /** By the server's clock, ms. */
  readonly next: number
  readonly from: number
}

/** How many messages above a read cursor are unread, of those up to `upTo`. */
export interface UnreadLeft {
  readonly count: number
  /** Those of them that mention the user; absent: not known. */
  readonly mentions?: number
  readonly upTo: number
}

/**
 * Everything that can change the state. A tab writes it to the store, in one transaction with what belongs to it, applies it to its own memory and
 * sends it to the other tabs, which apply it to theirs. Applying it twice is the same as once. Tabs may be of two versions: names here stay.
 */
export type Change =
  | { type: 'signedIn'; session: Session }
  | { type: 'signedOut'; reason: SignedOutReason }
  | { type: 'epoch'; epoch: string }
  | { type: 'listed'; summary: ConversationSummary; activity: number }
  /** The user is no longer a member. Outbox entries to it become `failed`, and stay until the user discards them. */
  | { type: 'removed'; conversationId: string }
  | { type: 'log'; conversationId: string; messages: readonly Message[]; changes?: readonly MessageChange[]; complete?: SeqNoRange; acked?: number }
  /** The store has deleted the messages below a seqNo to save space; they can be fetched again. */
  | { type: 'trimmed'; conversationId: string; below: number }
  | { type: 'advanced'; conversationId: string; maxSeqNo: number }
  /** There is a message with this seqNo, and it is not in the store. */
  | { type: 'missed'; conversationId: string; seqNo: number }
  | { type: 'read'; conversationId: string; seqNo: number; left?: UnreadLeft; unsent: boolean }
  /** Messages are past their time, and deleted. `last` is the newest that stays, `left` how much is unread then, `next` what expires next, of the messages that there were (`of`). */
  | { type: 'expired'; conversationId: string; seqNos: readonly number[]; last?: Message; left?: UnreadLeft & { readonly above: number }; next?: Expiring; of: string }
  | { type: 'receipts'; conversationId: string; receipts: Readonly<Record<string, Cursors>> }
  | { type: 'receipt'; conversationId: string; userId: string; cursors: Partial<Cursors> }
  /** What the user has set for the conversation, here or on another device; what is absent stays. */
  | ({ type: 'settings'; conversationId: string } & OwnSettings)
  | { type: 'queued'; item: OutboxEntry }
  | { type: 'unqueued'; clientMsgId: string }
  | { type: 'sent'; clientMsgId: string; message: Message }
  | TransientChange

/** What is shown and never stored. */
export type TransientChange =
  | { type: 'connection'; connection: Connection }
  | { type: 'storage'; failed: boolean }
  | { type: 'typing'; conversationId: string; userId: string; active: boolean }
  | { type: 'presence'; userId: string; presence: Presence }
  /** How much of a file in the outbox the server has, bytes. */
  | { type: 'uploaded'; fileId: string; sent: number }
  /** An outbox entry is being sent: from now on the server may have it. */
  | { type: 'attempted'; clientMsgId: string }
  /** A change was refused for good, and taken back. */
  | { type: 'refused'; conversationId: string; item: OutgoingChange; error: { readonly code: ChatError['code']; readonly message: string } }
  /** By how much the server's clock is ahead of this machine's, ms. */
  | { type: 'clock'; offset: number }
  /** Messages are past their time, and not shown any more. */
  | { type: 'lapsed'; conversationId: string }
  /** A group's title, members or roles changed: a view that shows them reads them again. */
  | { type: 'group'; conversationId: string }

export interface Presence {
  readonly online: boolean
  /** Unix ms; absent while online, and where it is not known. */
  readonly lastSeen?: number
}

/** The state of the connection to the server. */
export interface Connection {
  /** `replaced`: another window or program is this device now, until `takeOver()`. */
  readonly status: 'signedOut' | 'connecting' | 'online' | 'offline' | 'replaced'
  /** Online, and everything that waited on the server has arrived. */
  readonly caughtUp: boolean
  /** Offline: when the next attempt is, ms. */
  readonly retryAt?: number
  /** Signed out: why; absent if nobody ever signed in. */
  readonly reason?: SignedOutReason
}

/** The conversation that a change is about. */
export function conversationOfChange(change: Change): string | undefined {
  switch (change.type) {
    case 'listed':
      return change.summary.conversationId
    case 'queued':
      return change.item.conversationId
    case 'sent':
      return change.message.conversationId
    default:
      return 'conversationId' in change ? change.conversationId : undefined
  }
}

const transient: ReadonlySet<Change['type']> = new Set<TransientChange['type']>(['connection', 'storage', 'typing', 'presence', 'uploaded', 'attempted', 'refused', 'group', 'clock', 'lapsed'])

export const isStored = (change: Change): boolean => !transient.has(change.type)
