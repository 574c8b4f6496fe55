import './Timer.css'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'

/** On a message that will go. */
export function TimerMark({ at }: { at: number }) {
  const { t, times } = useI18n()
  const when = t.timer.goes(times.full(at))
  return (
    <span class="message-goes" role="img" aria-label={when} title={when}>
      <Icon name="timer" />
    </span>
  )
}
