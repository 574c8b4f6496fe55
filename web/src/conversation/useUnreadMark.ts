import type { Message } from '@chat/client'
import { useState } from 'preact/hooks'
import { useChat } from '../app/useChat'

/**
 * Where the divider "New messages" is: above what was unread when the conversation was opened, or arrived while the user was not looking. It stays while
 * the user reads, and is removed when the user sends a message.
 */
export function useUnreadMark(conversationId: string, me: string, isAttentive: boolean) {
  const conversation = useChat(client => client.findConversation(conversationId))
  // Messages above this seqNo count as new; undefined: no divider.
  const [readBefore, setReadBefore] = useState(() => (conversation && conversation.unreadCount > 0 ? conversation.readSeqNo : undefined))

  const hasUnread = conversation !== undefined && conversation.unreadCount > 0
  if (!isAttentive && hasUnread && (readBefore === undefined || isOver(readBefore, conversation.readSeqNo))) setReadBefore(conversation.readSeqNo)

  return {
    /** The highest seqNo that was read before; undefined if nothing is new. */
    readBefore,
    /** The seqNo above which the divider is shown, if it is among these messages. Where there are no older ones, the first of all may have a higher seqNo than 1. */
    firstUnread: (messages: readonly Message[], hasOlder: boolean) =>
      readBefore === undefined || (hasOlder && (messages[0]?.seqNo ?? 0) > readBefore + 1)
        ? undefined
        : messages.find(message => message.seqNo > readBefore && message.senderId !== me)?.seqNo,
    clear: () => setReadBefore(undefined),
  }
}

/** The messages below the divider have been read: the next new message gets a new divider. */
const isOver = (readBefore: number, readSeqNo: number) => readSeqNo > readBefore
