import { useEffect } from 'preact/hooks'
import { useChat } from '../app/useChat'
import { useI18n } from '../i18n/I18n'

/** The tab's title: the number of unread messages, and the open view. */
export function useTitle(place: string | undefined) {
  const { t } = useI18n()
  const unread = useChat(client => client.conversations.reduce((sum, one) => sum + one.unreadCount, 0))
  const isCapped = useChat(client => client.conversations.some(one => one.unreadCapped))
  useEffect(() => {
    document.title = titleOf(unread, isCapped, place, t.app)
  }, [unread, isCapped, place, t])
  // Reset when the session ends.
  useEffect(() => () => void (document.title = t.app), [t])
}

export function titleOf(unread: number, isCapped: boolean, place: string | undefined, app: string): string {
  const badge = unread > 0 ? `(${unread}${isCapped ? '+' : ''}) ` : ''
  return badge + (place ? `${place} · ${app}` : app)
}
