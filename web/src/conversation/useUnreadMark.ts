import type { Message } from '@chat/client'
import { useState } from 'preact/hooks'
import { useChat } from '../app/useChat'

/**
 * Where the divider "New messages" stands: at what was unread when the conversation was opened, or came while nobody looked. It stays there
 * while one reads, and goes when one writes.
 */
export function useUnreadMark(conversationId: string, me: string, isAttentive: boolean) {
  const conversation = useChat(client => client.findConversation(conversationId))
  // Messages above this seqNo count as new; undefined: no divider.
  const [readBefore, setReadBefore] = useState(() => (conversation && conversation.unreadCount > 0 ? conversation.readSeqNo : undefined))

  const hasUnread = conversation !== undefined && conversation.unreadCount > 0
  if (!isAttentive && hasUnread && (readBefore === undefined || isOver(readBefore, conversation.readSeqNo))) setReadBefore(conversation.readSeqNo)

  return {
    /** The highest place that had been read; undefined where nothing was new. */
    readBefore,
    /** The seqNo over which the divider stands, as far as it is among these messages. */
    firstUnread: (messages: readonly Message[]) =>
      readBefore === undefined || (messages[0]?.seqNo ?? 0) > readBefore + 1
        ? undefined
        : messages.find(message => message.seqNo > readBefore && message.senderId !== me)?.seqNo,
    clear: () => setReadBefore(undefined),
  }
}

/** What the divider announced has been read since: the next new message gets its own. */
const isOver = (readBefore: number, readSeqNo: number) => readSeqNo > readBefore
