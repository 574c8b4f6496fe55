import { useI18n } from '../i18n/I18n'
import { Logo } from '../ui/icons'
import { useChat } from './useChat'

/** Beside the list, while no conversation is open. */
export function Nothing() {
  const { t } = useI18n()
  const hasSome = useChat(client => client.conversations.length > 0)
  return (
    <div class="nothing">
      <Logo class="nothing-logo" />
      <h1 class="unseen">{t.app}</h1>
      <p>{hasSome ? t.list.chooseOne : t.session.pitch}</p>
    </div>
  )
}
