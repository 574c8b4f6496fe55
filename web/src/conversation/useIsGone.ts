import { isGroup, type Timeline } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'

/** Whether a group is none of this user's, as far as that is certain: one that is not known yet may still be in the list that is being read. */
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
