import './Page.css'
import type { ComponentChildren } from 'preact'
import { go } from '../app/routes'
import { useArrivalFocus } from '../app/arrivalFocus'
import { useI18n } from '../i18n/I18n'
import { Icon } from './icons'

/**
 * A view of its own beside the list: a bar with its name, and the way back on a phone.
 * @param beginsInField a field in it takes the focus when it appears, not the name
 */
export function Page({ title, beginsInField, children }: { title: string; beginsInField?: true; children: ComponentChildren }) {
  const { t } = useI18n()
  const heading = useArrivalFocus<HTMLHeadingElement>(beginsInField)
  return (
    <div class="page">
      <header class="bar">
        <button type="button" class="icon-button back" aria-label={t.back} onClick={() => go({ view: 'list' })}>
          <Icon name="back" />
        </button>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
      </header>
      <div class="page-body">
        <div class="page-column">{children}</div>
      </div>
    </div>
  )
}
