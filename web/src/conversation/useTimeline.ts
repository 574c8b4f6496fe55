import type { Timeline } from '@chat/client'
import { useLayoutEffect, useReducer, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'

/** A conversation's timeline, open while the component is mounted. Give the component the conversation's id as its key. */
export function useTimeline(conversationId: string): Timeline {
  const client = useClient()
  const [timeline] = useState(() => client.openTimeline(conversationId))
  const [, renderAgain] = useReducer<number, void>(count => count + 1, 0)

  useLayoutEffect(() => {
    const unsubscribe = timeline.subscribe(() => renderAgain())
    renderAgain()
    return () => {
      unsubscribe()
      timeline.close()
    }
  }, [timeline])
  return timeline
}
