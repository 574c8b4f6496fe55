import { hashOf } from '../app/routes'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'

/** In place of a group that the user is not in: removed, left elsewhere, or never there. */
export function Gone() {
  const { t } = useI18n()
  return (
    <div class="nothing" role="status">
      <Icon name="people" />
      <h1>{t.group.title}</h1>
      <p>{t.group.gone}</p>
      <a class="button plain" href={hashOf({ view: 'list' })}>
        {t.back}
      </a>
    </div>
  )
}
