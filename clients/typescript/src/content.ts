/**
 * What a message says: the same record for what is sent, what waits in the outbox, what is stored and what is shown. Everywhere, as on the wire, its
 * properties stand beside those of the message itself, so that one that a later version adds is added here and nowhere else. What a newer server says
 * and this version does not know is on the object, too, as it came.
 */
export interface MessageContent {
  /** 1 byte to 16 KiB of UTF-8; empty for a message that only a newer version can show. */
  readonly text: string
  /** The messageId of the message that this one answers, of the same conversation. */
  readonly replyTo?: string
}

/** Where a message stands, and how an outbox entry does: all that is no content. */
interface Around {
  type?: unknown
  messageId?: unknown
  conversationId?: unknown
  seqNo?: unknown
  senderId?: unknown
  timestamp?: unknown
  clientMsgId?: unknown
  createdAt?: unknown
  order?: unknown
  state?: unknown
  error?: unknown
}

/** What a message or an outbox entry says, and nothing else of it. */
export function contentOf(said: MessageContent & Around): MessageContent {
  const { type, messageId, conversationId, seqNo, senderId, timestamp, clientMsgId, createdAt, order, state, error, ...content } = said
  return content
}
