import type { Message } from '@chat/client'
import { go } from '../app/routes'

/** Shows the thread in which a message stands, or the one that it began or may begin. */
export const openThread = ({ conversationId, messageId, threadId }: Message) => go({ view: 'thread', id: conversationId, root: threadId ?? messageId })
