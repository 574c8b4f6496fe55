/**
 * What a message says: the same record for what is sent, what waits in the outbox, what is stored and what is shown. Everywhere, as on the wire, its
 * properties stand beside those of the message itself, so that one that a later version adds is added here and nowhere else. What a newer server says
 * and this version does not know is on the object, too, as it came.
 */
export interface MessageContent {
  /** 1 byte to 16 KiB of UTF-8; empty where there are media, and for a message that only a newer version can show. */
  readonly text: string
  /** The messageId of the message that this one answers, of the same conversation. */
  readonly replyTo?: string
  /** User ids of members, 50 at most, or `['@all']` alone. In an edit: absent leaves them as they are, empty is nobody. */
  readonly mentions?: readonly string[]
  /** The messageId of the message in whose thread this one stands; that one is in no thread itself. */
  readonly threadId?: string
  /** The seqNo of that message: whoever puts a message into a thread gives both. */
  readonly threadSeqNo?: number
  /** Taken over from another message. */
  readonly forwarded?: boolean
  /** In the sender's order, 10 at most. */
  readonly media?: readonly MessageMedia[]
}

/** A file in a message, as it was described when the message was sent. What it is was told by its bytes. */
export interface MessageMedia {
  readonly mediaId: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  /** Without path parts. */
  readonly name?: string
  /** Pixels as shown, after orientation. */
  readonly width?: number
  readonly height?: number
  /** Of audio and video. */
  readonly durationMs?: number
  /** A placeholder of the picture (blurha.sh). */
  readonly blurhash?: string
  /** The server has smaller pictures of it. */
  readonly thumbnail?: boolean
  /** The sender calls it a voice note. */
  readonly voice?: boolean
  /** A voice note's loudness over its length: at most 100 of 0 to 255. */
  readonly waveform?: readonly number[]
}

/** Where a message stands, what was made of it since, and how an outbox entry does: all that is no content. */
interface Around {
  type?: unknown
  messageId?: unknown
  conversationId?: unknown
  seqNo?: unknown
  senderId?: unknown
  timestamp?: unknown
  clientMsgId?: unknown
  editedAt?: unknown
  expiresAt?: unknown
  concurrent?: unknown
  deleted?: unknown
  reactions?: unknown
  pinned?: unknown
  thread?: unknown
  changedSeqNo?: unknown
  seen?: unknown
  createdAt?: unknown
  order?: unknown
  state?: unknown
  error?: unknown
  files?: unknown
  then?: unknown
}

/** What a message says where it is sent on: without what has a meaning in its own conversation alone. */
export function forwardedOf(said: MessageContent & Around): MessageContent {
  const { replyTo, mentions, threadId, threadSeqNo, ...content } = contentOf(said)
  return { ...content, forwarded: true }
}

/** What a message or an outbox entry says, and nothing else of it. */
export function contentOf(said: MessageContent & Around): MessageContent {
  const { type, messageId, conversationId, seqNo, senderId, timestamp, clientMsgId, ...since } = said
  const { editedAt, expiresAt, concurrent, deleted, reactions, pinned, thread, changedSeqNo, seen, ...sent } = since
  const { createdAt, order, state, error, files, then, ...content } = sent
  return content
}
