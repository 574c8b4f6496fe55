import { isGroup, type Timeline } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'

/** Whether it is certain that the user is not in this group: one that is not known yet may be in the list that is being read. */
export function useIsGone({ conversationId, error }: Timeline): boolean {
  const client = useClient()
  const isKnown = useChat(chat => chat.findConversation(conversationId) !== undefined)
  const [removed, setRemoved] = useState(false)
  useEffect(
    () =>
      client.subscribe(changes => {
        if (changes.some(change => change.type === 'removed' && change.conversationId === conversationId)) setRemoved(true)
      }),
    [client, conversationId],
  )
  const isRefused = error?.code === 'not_a_member' || error?.code === 'bad_request'
  return isGroup(conversationId) && !isKnown && (removed || isRefused)
}
