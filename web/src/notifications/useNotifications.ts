import type { Conversation, Message } from '@chat/client'
import { useEffect } from 'preact/hooks'
import { watchArrivals } from '../app/arrivals'
import { go } from '../app/routes'
import { useClient } from '../app/useChat'
import { nameOf } from '../conversations/names'
import { useI18n } from '../i18n/I18n'

/** Another window of the same user may show the message at once; it then is read within this time, and no notification is due. */
const graceMs = 700

/** Shows a notification for each message that comes while the page is hidden, if the user has allowed them. */
export function useNotifications() {
  const { t } = useI18n()
  const client = useClient()

  useEffect(
    () =>
      watchArrivals(client, (message, { id }) => {
        if (document.visibilityState === 'visible' || !isAllowed()) return
        setTimeout(() => {
          const conversation = client.conversation(id)
          if (conversation && conversation.readSeqNo < message.seqNo) show(message, conversation)
        }, graceMs)
      }),
    [client, t],
  )

  function show(message: Message, conversation: Conversation) {
    const title = conversation.kind === 'group' ? t.notification.in(message.senderId, nameOf(client, conversation.id, t)) : message.senderId
    try {
      // The tag makes several tabs' notifications one, and a new message replace the last of its conversation.
      const notification = new Notification(title, { body: message.text.slice(0, 300), tag: conversation.id, icon: '/icon.svg' })
      notification.onclick = () => {
        window.focus()
        go({ view: 'conversation', id: conversation.id })
        notification.close()
      }
    } catch {
      // Some phones' browsers allow notifications from service workers alone.
    }
  }
}

const isAllowed = () => 'Notification' in window && Notification.permission === 'granted'
