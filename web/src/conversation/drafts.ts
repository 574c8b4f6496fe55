import type { ChatClient, MessageContent } from '@chat/client'
import { isForGood } from '../session/ending'
import { useEffect, useState } from 'preact/hooks'
import { useChat } from '../app/useChat'
import { installation } from '../ui/installation'
import { forgetItems, keepItem, readItem } from '../ui/storage'

/** What somebody has begun to write in a conversation. */
export type Draft = MessageContent

const prefix = `${installation.replace('chat', 'chat.draft')}.`
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
  tell()
}

/** A text that was taken for sent and could not be goes back in front of what was typed since. */
export function takeBack(userId: string, conversationId: string, unsent: Draft) {
  const since = readDraft(userId, conversationId)
  keepDraft(userId, conversationId, { ...unsent, ...since, text: [unsent.text, since.text].filter(Boolean).join('\n') })
}

/** When a session ends for good, what its user has begun to write is not for the next one. */
export function forgetDrafts() {
  forgetItems(prefix)
  known.clear()
  tell()
}

/**
 * Keeps drafts right whatever else goes on: what another tab writes, or sends, is so here too, and they end with their session, whoever ended it.
 * @param window told by the browser of what other tabs have stored
 */
export function tendDrafts(client: Pick<ChatClient, 'subscribe'>, window: EventTarget) {
  window.addEventListener('storage', event => {
    const { key } = event as StorageEvent
    // Without a key everything was cleared.
    if (key === null) known.clear()
    else if (!known.delete(key)) return
    tell()
  })
  client.subscribe(changes => {
    if (changes.some(change => change.type === 'signedOut' && isForGood(change.reason))) forgetDrafts()
  })
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

function tell() {
  for (const listener of listeners) listener()
}

const keyOf = (userId: string, conversationId: string) => `${prefix}${userId}.${conversationId}`
