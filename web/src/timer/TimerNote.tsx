import './Timer.css'
import { useChat } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { spanText } from './spans'

/** In a conversation's header: after how long its messages disappear. Nothing where they stay. */
export function TimerNote({ id, onOpen }: { id: string; onOpen: () => void }) {
  const { t } = useI18n()
  const seconds = useChat(client => client.findConversation(id)?.timer)
  if (seconds === undefined) return null
  const span = spanText(seconds, t)
  return (
    <button type="button" class="timer-note" aria-label={`${t.timer.title}: ${span}`} aria-haspopup="dialog" onClick={onOpen}>
      <Icon name="timer" />
      {span}
    </button>
  )
}
