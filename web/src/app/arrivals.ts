import type { Change, ChatClient, Conversation, Message } from '@chat/client'

type Watched = Pick<ChatClient, 'connection' | 'conversations' | 'session' | 'subscribe'>

/**
 * Reports each new message of others that arrives after the page has caught up; of several that arrive at once in one conversation, the last.
 * Messages of a list or page of a conversation that was not known are not new: they waited, too. @returns Stops that.
 */
export function watchArrivals(client: Watched, onArrival: (message: Message, conversation: Conversation) => void): () => void {
  const newest = new Map<string, number>()
  let hasBegun = false
  let seen: readonly Conversation[] | undefined

  const look = (changes: readonly Change[]) => {
    if (changes.some(({ type }) => type === 'epoch')) newest.clear()
    if (client.conversations === seen && hasBegun) return
    seen = client.conversations
    const listed = new Set(changes.map(change => change.type === 'listed' && change.summary.conversationId))
    for (const conversation of client.conversations) {
      const message = conversation.lastMessage
      const before = newest.get(conversation.id) ?? (listed.has(conversation.id) ? Infinity : 0)
      newest.set(conversation.id, Math.max(message?.seqNo ?? 0, newest.get(conversation.id) ?? 0))
      if (!hasBegun || !message || message.deleted || message.seqNo <= Math.max(before, conversation.readSeqNo)) continue
      if (message.senderId !== client.session?.userId) onArrival(message, conversation)
    }
    hasBegun ||= client.connection.caughtUp
  }
  look([])
  return client.subscribe(look)
}
