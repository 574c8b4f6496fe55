import type { MessageContent } from './content.ts'
import type { ChatError } from './errors.ts'
import type { ConversationSummary, Message } from './protocol.ts'
import type { Span, Spans } from './spans.ts'

/** Who is signed in on this device, and the tokens that prove it. */
export interface Session {
  readonly userId: string
  readonly deviceId: string
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token ends, by this machine's clock, ms. */
  readonly expiresAt: number
  /** When it is renewed unasked, ms. */
  readonly renewAt: number
}

/**
 * Why nobody is signed in. `expired` keeps what is stored for the same user's next sign-in; `revoked`, which somebody else may hold in their
 * hands, keeps what its user has written and not sent; `lost`, where the browser has dropped what was stored, keeps that as long as the page
 * is open; `signedOut` has wiped everything.
 */
export type SignedOutReason = 'signedOut' | 'expired' | 'revoked' | 'lost'

/** A message on its way to the server. */
export interface Outgoing extends MessageContent {
  readonly clientMsgId: string
  readonly conversationId: string
  /** By this machine's clock, ms; for display. */
  readonly createdAt: number
  /** Rises within a store; the order in which they are sent. */
  readonly order: number
  /** `failed` was refused for good and waits for the user: `retry` or `discard`. */
  readonly state: 'waiting' | 'failed'
  readonly error?: { readonly code: ChatError['code']; readonly message: string }
}

/** How far a user has got in a conversation, cumulatively. */
export interface Cursors {
  readonly delivered: number
  readonly read: number
}

/** A conversation as the store keeps it. */
export interface Row {
  readonly id: string
  readonly title?: string
  /** The user is no member any more; it stays for what could not be sent to it. */
  readonly left?: true
  readonly maxSeqNo: number
  readonly readSeqNo: number
  /** The server has not shown yet that it has the read cursor: it is told again on each connection. */
  readonly readUnsent: boolean
  readonly unreadCount: number
  /** What lies above it is counted when it comes; the rest was in the server's figure. */
  readonly countedTo: number
  /** There are more unread ones than unreadCount says. */
  readonly unreadCapped: boolean
  readonly lastMessage?: Message
  /** Of the last message, or of the conversation's appearance here, ms; for the order of the list. */
  readonly activity: number
  /** The highest place that this device has acked in any way; 0 for none. */
  readonly acked: number
  readonly spans: Spans
  /** By user; absent before it was asked for, and in conversations too large for ticks. */
  readonly receipts?: Readonly<Record<string, Cursors>>
}

/** What was unread above a read cursor, among the messages up to `upTo`. */
export interface UnreadLeft {
  readonly count: number
  readonly upTo: number
}

/**
 * Everything that can happen to the state. The tab in which it happens writes it to the store, in one transaction with what belongs to it,
 * applies it to its own memory and tells the other tabs, which apply it to theirs. Applied twice it does what it does once.
 */
export type Change =
  | { type: 'signedIn'; session: Session }
  | { type: 'signedOut'; reason: SignedOutReason }
  | { type: 'epoch'; epoch: string }
  | { type: 'listed'; summary: ConversationSummary; activity: number }
  /** The user is no member any more. What waits to be sent to it is refused, and stays until the user discards it. */
  | { type: 'removed'; conversationId: string }
  | { type: 'log'; conversationId: string; messages: readonly Message[]; complete?: Span; acked?: number }
  /** The store has dropped messages below a place to stay within its bounds; they can be fetched again. */
  | { type: 'trimmed'; conversationId: string; below: number }
  | { type: 'advanced'; conversationId: string; maxSeqNo: number }
  /** Something stands at this place that is not here, whatever seemed complete. */
  | { type: 'missed'; conversationId: string; seqNo: number }
  | { type: 'read'; conversationId: string; seqNo: number; left?: UnreadLeft; unsent: boolean }
  | { type: 'receipts'; conversationId: string; receipts: Readonly<Record<string, Cursors>> }
  | { type: 'receipt'; conversationId: string; userId: string; cursors: Partial<Cursors> }
  | { type: 'queued'; item: Outgoing }
  | { type: 'unqueued'; clientMsgId: string }
  | { type: 'sent'; clientMsgId: string; message: Message }
  | FleetingChange

/** What is shown and never kept. */
export type FleetingChange =
  | { type: 'connection'; connection: Connection }
  | { type: 'storage'; failed: boolean }
  | { type: 'typing'; conversationId: string; userId: string; active: boolean }
  | { type: 'presence'; userId: string; presence: Presence }
  /** A group's title, members or roles changed: who shows them asks again. */
  | { type: 'group'; conversationId: string }

export interface Presence {
  readonly online: boolean
  /** Unix ms; absent while online, and where nothing is known. */
  readonly lastSeen?: number
}

/** Where this installation stands with the server. */
export interface Connection {
  /** `replaced`: another window or program is this device now, until `retryNow()`. */
  readonly status: 'signedOut' | 'connecting' | 'online' | 'offline' | 'replaced'
  /** Online, and everything that waited has come. */
  readonly caughtUp: boolean
  /** Offline: when it is tried again, ms. */
  readonly retryAt?: number
  /** Signed out: why; absent where nobody ever was in. */
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

const fleeting: ReadonlySet<Change['type']> = new Set<FleetingChange['type']>(['connection', 'storage', 'typing', 'presence', 'group'])

export const isKept = (change: Change): boolean => !fleeting.has(change.type)
