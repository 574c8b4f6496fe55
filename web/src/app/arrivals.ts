import type { Change, ChatClient, Conversation, Message } from '@chat/client'

type Watched = Pick<ChatClient, 'connection' | 'conversations' | 'session' | 'subscribe'>

/**
 * Tells of each new message of others that comes after the page had everything that waited at its start; of several that come at once to one
 * conversation, the last. What a list or a page shows of a conversation that was not known is nothing new: it waited, too. @returns Ends that.
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
      if (!hasBegun || !message || message.seqNo <= Math.max(before, conversation.readSeqNo)) continue
      if (message.senderId !== client.session?.userId) onArrival(message, conversation)
    }
    hasBegun ||= client.connection.caughtUp
  }
  look([])
  return client.subscribe(look)
}
