import { useI18n } from '../i18n/I18n'
import { Logo } from '../ui/icons'
import { hashOf } from './routes'

/** Beside the list, while no conversation is open. */
export function Nothing() {
  const { t } = useI18n()
  return (
    <div class="nothing">
      <Logo class="nothing-logo" />
      <h1 class="unseen">{t.app}</h1>
      <p>{t.list.chooseOne}</p>
      <a class="button" href={hashOf({ view: 'new' })}>
        {t.list.start}
      </a>
    </div>
  )
}
