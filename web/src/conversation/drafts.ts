import { useEffect, useState } from 'preact/hooks'
import { useChat } from '../app/useChat'
import { forgetItems, keepItem, readItem } from '../ui/storage'

/** What somebody has begun to write in a conversation. */
export interface Draft {
  readonly text: string
  /** The message that it answers. */
  readonly replyTo?: string
}

const prefix = 'chat.draft.'
const none: Draft = { text: '' }
const known = new Map<string, Draft>()
const listeners = new Set<() => void>()

/** Kept in this browser for each user and conversation, through reload and signing out by expiry. */
export function readDraft(userId: string, conversationId: string): Draft {
  const key = keyOf(userId, conversationId)
  let draft = known.get(key)
  if (!draft) known.set(key, (draft = parseDraft(readItem(key))))
  return draft
}

export function keepDraft(userId: string, conversationId: string, draft: Draft) {
  const key = keyOf(userId, conversationId)
  const isEmpty = !draft.text && !draft.replyTo
  known.set(key, isEmpty ? none : draft)
  keepItem(key, isEmpty ? null : JSON.stringify(draft))
  for (const listener of listeners) listener()
}

/** When a user signs out, nothing of theirs stays. */
export function forgetDrafts() {
  known.clear()
  forgetItems(prefix)
}

export function parseDraft(stored: string | null): Draft {
  try {
    const { text, replyTo } = JSON.parse(stored ?? '') as Partial<Draft>
    return typeof text === 'string' ? { text, ...(typeof replyTo === 'string' && { replyTo }) } : none
  } catch {
    return none
  }
}

export function useDraft(conversationId: string): Draft {
  const userId = useChat(client => client.session?.userId ?? '')
  const [draft, setDraft] = useState(() => readDraft(userId, conversationId))
  useEffect(() => {
    const read = () => setDraft(readDraft(userId, conversationId))
    read()
    listeners.add(read)
    return () => void listeners.delete(read)
  }, [userId, conversationId])
  return draft
}

const keyOf = (userId: string, conversationId: string) => `${prefix}${userId}.${conversationId}`
