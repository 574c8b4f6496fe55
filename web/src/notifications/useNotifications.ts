import { isMuted, type Change, type ChatClient, type Message } from '@chat/client'
import { useEffect } from 'preact/hooks'
import { watchArrivals } from '../app/arrivals'
import { go } from '../app/routes'
import { useClient } from '../app/useChat'
import { isAttentive } from '../conversation/useAttentive'
import { nameOf } from '../conversations/names'
import type { Texts } from '../i18n/en'
import { useI18n } from '../i18n/I18n'
import { lineOf } from '../media/kinds'
import { inGroup } from '../push/notification'
import { installation } from '../ui/installation'
import { Notices } from './notices'

/** Another window may show the message at once: if it is read within this time, there is no notification. */
const graceMs = 700

/** Shows a notification for each message that comes while nobody looks at this page in any of its tabs, if the user has allowed them and not muted the conversation. */
export function useNotifications() {
  const { t } = useI18n()
  const client = useClient()
  useEffect(() => notify(client, t), [client, t])
}

/** @returns Stops it, and closes its notifications. */
function notify(client: ChatClient, t: Texts): () => void {
  const ending = new AbortController()
  const notices = new Notices()
  const seen = seenElsewhere(ending.signal)

  const arrived = (message: Message) => {
    if (isAttentive()) return seen.tell(message)
    // One tab does it for all.
    if (client.isLeading && isAllowed()) setTimeout(() => showUnlessSeen(message), graceMs)
  }
  const showUnlessSeen = (message: Message) => {
    const conversation = client.findConversation(message.conversationId)
    if (ending.signal.aborted || !conversation || isMuted(conversation) || conversation.readSeqNo >= message.seqNo || seen.has(message)) return
    const isInGroup = conversation.kind === 'group'
    const title = isInGroup ? nameOf(client, conversation.id, t) : message.senderId
    const text = lineOf(message, t)
    void notices.show(title, isInGroup ? inGroup(message.senderId, text) : text, message, t, () => {
      window.focus()
      go({ view: 'conversation', id: conversation.id })
    })
  }

  const heard = (changes: readonly Change[]) => {
    notices.tidy(id => client.findConversation(id))
    for (const change of changes) if (change.type === 'expired') notices.gone(change.conversationId, change.seqNos)
  }

  const ends = [watchArrivals(client, arrived), client.subscribe(heard)]
  // Nothing could close the notifications of a closed page, and a click on one would do nothing.
  addEventListener('pagehide', () => notices.closeAll(), { signal: ending.signal })
  return () => {
    ending.abort()
    for (const end of ends) end()
    notices.closeAll()
  }
}

/** Messages that arrived while the user was looking at another tab. */
function seenElsewhere(signal: AbortSignal) {
  type Seen = Pick<Message, 'conversationId' | 'seqNo'>
  const newest = new Map<string, number>()
  const channel = new BroadcastChannel(`${installation}:seen`)
  channel.onmessage = ({ data }) => {
    const { conversationId, seqNo } = data as Seen
    newest.set(conversationId, seqNo)
  }
  signal.addEventListener('abort', () => channel.close())
  return {
    tell: ({ conversationId, seqNo }: Seen) => channel.postMessage({ conversationId, seqNo }),
    has: ({ conversationId, seqNo }: Seen) => (newest.get(conversationId) ?? 0) >= seqNo,
  }
}

const isAllowed = () => 'Notification' in window && Notification.permission === 'granted'
