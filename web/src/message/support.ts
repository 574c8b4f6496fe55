import { ChatError, type ChatClient, type Message } from '@chat/client'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'

/** Whether the server changes messages; undefined before it was asked. An older one has no pins to ask for. */
const support = new WeakMap<ChatClient, boolean>()

/** The pinned messages, the newest pin first, and whether messages can be changed here at all. */
export function usePins(id: string): { pins: readonly Message[]; canChange: boolean } {
  const client = useClient()
  const isOnline = useChat(chat => chat.connection.caughtUp)
  const [pins, setPins] = useState<readonly Message[]>([])
  const [canChange, setCanChange] = useState(support.get(client) ?? false)
  const last = useRef(0)

  useEffect(() => {
    if (!isOnline || support.get(client) === false) return
    const read = async () => {
      const mine = ++last.current
      try {
        const pins = await client.getPins(id)
        support.set(client, true)
        if (mine === last.current) (setPins(pins), setCanChange(true))
      } catch (error) {
        // A conversation of which the user is no member says nothing of the server, nor does a network.
        if (error instanceof ChatError && (error.code === 'not_found' || error.code === 'bad_request')) support.set(client, false)
      }
    }
    void read()
    const unsubscribe = client.subscribe(changes => {
      // Reactions, of which there are most, change no pin.
      if (changes.some(change => ((change.type === 'expired' || change.type === 'lapsed') && change.conversationId === id) || change.type === 'log' && change.conversationId === id && change.changes?.some(({ kind }) => kind !== 'react'))) void read()
    })
    return () => {
      last.current++
      unsubscribe()
    }
  }, [client, id, isOnline])

  return { pins, canChange }
}
