import type { ChatClient } from '@chat/client'
import { useEffect } from 'preact/hooks'
import { useClient } from './useChat'

const wanted = new Map<object, readonly string[]>()

/** Watches these users' presence while the component is mounted. The client gets the union of all components. */
export function useWatch(userIds: readonly string[]) {
  const client = useClient()
  const key = userIds.join(' ')
  useEffect(() => {
    const mine = {}
    wanted.set(mine, userIds)
    tell(client)
    return () => {
      wanted.delete(mine)
      tell(client)
    }
  }, [client, key])
}

let planned = false

/** Once for all changes of one moment. */
function tell(client: ChatClient) {
  if (planned) return
  planned = true
  queueMicrotask(() => {
    planned = false
    client.watch([...new Set([...wanted.values()].flat())])
  })
}
