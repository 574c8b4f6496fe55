import { ChatError, type Change, type Group } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'

/** A group's title, rules and members as the server has them, read again when it says that something changed. @param id Undefined: nothing is asked. */
export function useGroup(id: string | undefined) {
  const client = useClient()
  const [group, setGroup] = useState<Group>()
  const [error, setError] = useState<ChatError>()
  // While offline nothing can be read: the next connection reads it.
  const isOnline = useChat(chat => chat.connection.caughtUp)

  useEffect(() => {
    if (!isOnline || id === undefined) return
    let last = 0
    const read = async () => {
      const mine = ++last
      try {
        const group = await client.getGroup(id)
        if (mine === last) (setGroup(group), setError(undefined))
      } catch (error) {
        if (mine === last && error instanceof ChatError) setError(error)
      }
    }
    void read()
    const unsubscribe = client.subscribe(changes => {
      if (changes.some(change => isAbout(change, id))) void read()
    })
    return () => {
      last = -1
      unsubscribe()
    }
  }, [client, id, isOnline])

  return { group, error, setGroup }
}

const isAbout = (change: Change, id: string) => change.type === 'group' && change.conversationId === id
