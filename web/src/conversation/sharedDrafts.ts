import { isGroup, type ChatClient } from '@chat/client'
import { keepDraft, readDraft, watchDrafts } from './drafts'

/** After the last key, before the server is told, ms. */
const pause = 1_500

type Client = Pick<ChatClient, 'session' | 'conversations' | 'archived' | 'findConversation' | 'subscribe' | 'changeSettings'>

/**
 * Shares the texts of drafts between the user's devices. What another device has written takes the place of a draft that was not changed here since the server last
 * told of one; a draft that was changed here stays, and is told when the user pauses.
 */
export function shareDrafts(client: Client): () => void {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  const heard = new Map<string, string>()
  const told = (id: string) => client.findConversation(id)?.draft ?? ''
  for (const { id } of [...client.conversations, ...client.archived]) heard.set(id, told(id))

  const share = async (userId: string, id: string) => {
    waiting.delete(id)
    const conversation = client.findConversation(id)
    const { text } = readDraft(userId, id)
    if (client.session?.userId !== userId || !conversation || text === told(id)) return
    // Without a message a direct conversation has no settings yet.
    if (!isGroup(id) && conversation.maxSeqNo === 0) return
    // What is refused, or does not arrive, stays here, and is told with the next change.
    await client.changeSettings(id, { draft: text }).catch(() => undefined)
  }

  const hear = (userId: string, id: string) => {
    const [before, now] = [heard.get(id) ?? '', told(id)]
    heard.set(id, now)
    const draft = readDraft(userId, id)
    if (before !== now && draft.text === before && !waiting.has(id)) keepDraft(userId, id, { ...draft, text: now })
  }

  const forget = () => {
    for (const timer of waiting.values()) clearTimeout(timer)
    waiting.clear()
    heard.clear()
  }

  const unwatch = watchDrafts((userId, id) => {
    clearTimeout(waiting.get(id))
    waiting.delete(id)
    if (readDraft(userId, id).text !== told(id)) waiting.set(id, setTimeout(() => void share(userId, id), pause))
  })
  const unsubscribe = client.subscribe(changes => {
    if (changes.some(({ type }) => type === 'signedOut')) return forget()
    const userId = client.session?.userId
    if (userId === undefined) return
    for (const change of changes) {
      if (change.type === 'settings') hear(userId, change.conversationId)
      if (change.type === 'listed') hear(userId, change.summary.conversationId)
    }
  })
  return () => {
    forget()
    unwatch()
    unsubscribe()
  }
}
