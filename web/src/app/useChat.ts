import type { ChatClient } from '@chat/client'
import { createContext } from 'preact'
import { useContext, useLayoutEffect, useReducer, useRef } from 'preact/hooks'

export const ChatContext = createContext<ChatClient>(undefined as never)

export function useClient(): ChatClient {
  return useContext(ChatContext)
}

/**
 * What `select` returns, now and after every change of the client. The component renders again only when the value is another one (Object.is),
 * so select an object that the client keeps, or a primitive value.
 */
export function useChat<T>(select: (client: ChatClient) => T): T {
  const client = useClient()
  const [, renderAgain] = useReducer<number, void>(count => count + 1, 0)
  const latest = useRef<{ select: (client: ChatClient) => T; value: T }>(undefined as never)
  const value = select(client)
  latest.current = { select, value }

  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(latest.current.select(client), latest.current.value)) renderAgain()
    }
    // Something may have changed between the rendering and now.
    look()
    return client.subscribe(look)
  }, [client])
  return value
}
