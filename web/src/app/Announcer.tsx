import { isMuted } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { nameOf } from '../conversations/names'
import { lineOf } from '../media/kinds'
import { watchArrivals } from './arrivals'
import { useClient } from './useChat'

/** Reads new messages out to a screen reader; those of the open conversation in full, and none of a muted one that is not open. */
export function Announcer({ current }: { current: string | undefined }) {
  const { t } = useI18n()
  const client = useClient()
  const [words, setWords] = useState<{ text: string }>()

  useEffect(
    () =>
      watchArrivals(client, (message, conversation) => {
        if (conversation.id !== current && isMuted(conversation)) return
        const { senderId } = message
        setWords({
          text: conversation.id === current ? t.conversation.arrived(senderId, lineOf(message, t).slice(0, 500)) : t.conversation.arrivedElsewhere(senderId, nameOf(client, conversation.id, t)),
        })
      }),
    [client, current, t],
  )
  return (
    <div class="unseen" role="log" aria-live="polite">
      {words && <p key={words}>{words.text}</p>}
    </div>
  )
}
