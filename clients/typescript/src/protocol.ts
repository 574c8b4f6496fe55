/** The contract's records, as they travel (docs/protocol.md): times in Unix milliseconds, seqNos below 2^53. */

import type { MessageContent, MessageMedia } from './content.ts'

/** A message as the server's log holds it: what it says, and where it stands. */
export interface Message extends MessageContent {
  readonly messageId: string
  readonly conversationId: string
  readonly seqNo: number
  readonly senderId: string
  readonly timestamp: number
  /** Present on the user's own messages. */
  readonly clientMsgId?: string
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

export type ClientFrame =
  | ({ type: 'message'; to: string; clientMsgId: string; mediaIds?: MediaReference[] } & Omit<MessageContent, 'media'>)
  | { type: 'ack'; conversationId: string; seqNo: number; status: 'delivered' | 'read' }
  | { type: 'typing'; conversationId: string; active: boolean }
  | { type: 'presence'; subscribe?: string[]; unsubscribe?: string[] }
  | { type: 'auth'; token: string }
  | { type: 'ping' }

/** How a sent message names its media. */
export type MediaReference = string | { mediaId: string; voice: true; waveform?: readonly number[] }

export const referenceTo = ({ mediaId, voice, waveform }: MessageMedia): MediaReference => (voice ? { mediaId, voice, waveform } : mediaId)

/** What the server says of an upload. */
export interface UploadedMedia extends Omit<MessageMedia, 'thumbnail' | 'voice' | 'waveform'> {
  readonly mediaUrl: string
  readonly thumbnailUrl?: string
}

/** The ack of an own message: it is durable and has this seqNo. */
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
  | ({ type: 'ack' } & (SentAck | Receipt))
  | { type: 'typing'; conversationId: string; userId: string; active: boolean }
  | { type: 'presence'; userId: string; online: boolean; lastSeen?: number }
  | { type: 'advanced'; conversationId: string; maxSeqNo: number }
  | { type: 'conversation'; conversationId: string; change: ConversationChange; userId?: string }
  | { type: 'settings'; conversationId: string; mutedUntil?: number }
  | { type: 'authenticated'; expiresAt: number }
  | { type: 'caughtUp' }
  | { type: 'resync' }
  | { type: 'goAway'; afterMs: number }
  | { type: 'pong' }
  | { type: 'error'; code: ErrorCode; message: string; clientMsgId?: string; retryAfterMs?: number }

export interface Page {
  conversationId: string
  messages: Message[]
  /** Upwards: the page is complete up to here. */
  nextAfter?: number
  /** Downwards: the page is complete from here; absent where nothing lies below. */
  nextBefore?: number
  maxSeqNo: number
}

export interface ConversationSummary {
  conversationId: string
  title?: string
  maxSeqNo: number
  deliveredSeqNo: number
  readSeqNo: number
  unreadCount: number
  unreadCapped?: boolean
  lastMessage?: Message
  /** Present while it lies ahead. */
  mutedUntil?: number
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
