import { isAsNew, type Message } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { useTask } from '../ui/useTask'

/** By which the draft and the chosen files of a thread are kept. */
export const placeOfThread = (id: string, rootId: string) => `${id}/${rootId}`

/** Above every seqNo. */
const newest = Number.MAX_SAFE_INTEGER

/** What the server has told of a thread. */
interface Fetched {
  readonly root?: Message
  readonly messages: readonly Message[]
  /** There may be messages below this seqNo. */
  readonly before?: number | undefined
}

/** A thread in the state in which the conversation's own messages are; read again when the device was away. */
export function useThread(id: string, rootId: string, live: readonly Message[]) {
  const client = useClient()
  const task = useTask()
  const isOnline = useChat(chat => chat.connection.caughtUp)
  const [fetched, setFetched] = useState<Fetched>({ messages: [] })

  const read = (before: number) =>
    task.run(async () => {
      const { messages, nextBefore } = await client.getThreadMessages(id, rootId, { before, limit: 50 })
      // The newest page takes the place of all: what came while the device was away may be more than it has.
      setFetched(known => ({ ...known, messages: before === newest ? messages : merged(known.messages, messages), before: nextBefore }))
    })

  useEffect(() => {
    if (!isOnline && fetched.root) return
    void task.run(async () => {
      const root = await client.getMessage(id, rootId)
      setFetched(known => ({ ...known, root }))
    })
    void read(newest)
  }, [isOnline])

  // Changes of what lies further back than the conversation is shown.
  useEffect(() => {
    const shown = new Set(live.map(({ messageId }) => messageId))
    const older = new Set([rootId, ...fetched.messages.map(({ messageId }) => messageId)].filter(one => !shown.has(one)))
    return client.subscribe(changes => {
      if (changes.some(change => (change.type === 'expired' || change.type === 'lapsed') && change.conversationId === id))
        setFetched(known => ({ ...known, messages: known.messages.filter(({ expiresAt = Infinity }) => expiresAt > client.now) }))
      const changed = new Set(changes.flatMap(change => (change.type === 'log' && change.conversationId === id ? (change.changes ?? []).map(({ target }) => target?.messageId) : [])))
      for (const messageId of changed)
        if (messageId !== undefined && older.has(messageId))
          client.getMessage(id, messageId).then(
            message => setFetched(known => (messageId === rootId ? { ...known, root: message } : { ...known, messages: merged(known.messages, [message]) })),
            // It stays as it is shown until the thread is opened again.
            () => undefined,
          )
    })
  }, [client, id, rootId, live, fetched])

  const from = fetched.before ?? 0
  return {
    root: live.find(({ messageId }) => messageId === rootId) ?? fetched.root,
    messages: merged(fetched.messages, live.filter(({ threadId, seqNo }) => threadId === rootId && seqNo >= from)),
    hasOlder: fetched.before !== undefined,
    loadOlder: () => void read(fetched.before!),
    task,
  }
}

/** Ascending, each in the newest of its states. */
export function merged(known: readonly Message[], added: readonly Message[]): Message[] {
  const messages = new Map(known.map(message => [message.seqNo, message]))
  for (const message of added) if (isAsNew(message, messages.get(message.seqNo))) messages.set(message.seqNo, message)
  return [...messages.values()].sort((a, b) => a.seqNo - b.seqNo)
}
