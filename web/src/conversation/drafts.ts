import type { ChatClient, MessageContent } from '@chat/client'
import { isForGood } from '../session/ending'
import { useEffect, useState } from 'preact/hooks'
import { useChat } from '../app/useChat'
import { installation } from '../ui/installation'
import { forgetItems, keepItem, readItem } from '../ui/storage'

/** What the user has written in a conversation and not sent. */
export type Draft = MessageContent

const prefix = `${installation.replace('chat', 'chat.draft')}.`
const none: Draft = { text: '' }
const known = new Map<string, Draft>()
const listeners = new Set<() => void>()
const keepers = new Set<Keeper>()

/** Told of each draft that was written or sent in this tab. */
type Keeper = (userId: string, conversationId: string) => void

/** Stored in this browser for each user and conversation; survives a reload and a session that expires. */
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
  for (const keeper of keepers) keeper(userId, conversationId)
}

/** @returns Ends it. */
export function watchDrafts(keeper: Keeper): () => void {
  keepers.add(keeper)
  return () => void keepers.delete(keeper)
}

/** If sending failed, the text goes back before what was typed since. */
export function takeBack(userId: string, conversationId: string, unsent: Draft) {
  const since = readDraft(userId, conversationId)
  keepDraft(userId, conversationId, { ...unsent, ...since, text: [unsent.text, since.text].filter(Boolean).join('\n') })
}

/** When a session ends for good, the drafts are deleted: they are not for the next user. */
export function forgetDrafts() {
  forgetItems(prefix)
  known.clear()
  tell()
}

/**
 * Keeps drafts up to date: with what other tabs write or send, and with the end of the session, in whichever tab.
 * @param window gets the browser's `storage` events of other tabs
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
