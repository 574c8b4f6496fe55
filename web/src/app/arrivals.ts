import type { ChatClient, Conversation, Message } from '@chat/client'

/**
 * Tells of each new message of others that comes after the page had everything that waited at its start; of several that come at once to one
 * conversation, the last. @returns Ends that.
 */
export function watchArrivals(client: ChatClient, onArrival: (message: Message, conversation: Conversation) => void): () => void {
  const newest = new Map<string, number>()
  let hasBegun = false
  let seen: readonly Conversation[] | undefined

  const look = () => {
    if (client.conversations === seen && hasBegun) return
    seen = client.conversations
    for (const conversation of client.conversations) {
      const message = conversation.lastMessage
      if (!message) continue
      const isNew = message.seqNo > (newest.get(conversation.id) ?? 0)
      newest.set(conversation.id, Math.max(message.seqNo, newest.get(conversation.id) ?? 0))
      if (hasBegun && isNew && message.senderId !== client.session?.userId && message.seqNo > conversation.readSeqNo) onArrival(message, conversation)
    }
    hasBegun ||= client.connection.caughtUp
  }
  look()
  return client.subscribe(look)
}
