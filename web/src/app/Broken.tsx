import { useI18n } from '../i18n/I18n'
import { Logo } from '../ui/icons'

/** Shown instead of an empty page if the page itself has a bug. */
export function Broken() {
  const { t } = useI18n()
  return (
    <main class="nothing">
      <Logo class="nothing-logo" />
      <h1>{t.broken}</h1>
      <p>{t.brokenHint}</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </main>
  )
}
