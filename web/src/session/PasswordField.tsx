import './PasswordField.css'
import type { RefObject } from 'preact'
import { useId, useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'

interface Props {
  field: RefObject<HTMLInputElement | null>
  label: string
  /** One that is chosen here: the rule for it is shown and checked. */
  isNew?: boolean
}

/** A password, which can be shown while it is typed. */
export function PasswordField({ field, label, isNew = false }: Props) {
  const { t } = useI18n()
  const [shown, setShown] = useState(false)
  const ids = { field: useId(), rule: useId() }
  return (
    <div class="field">
      <label for={ids.field}>{label}</label>
      <div class="with-button">
        <input
          ref={field}
          id={ids.field}
          name={isNew ? 'new-password' : 'password'}
          {...(shown ? { type: 'text' as const } : { type: 'password' as const })}
          autocomplete={isNew ? 'new-password' : 'current-password'}
          required
          minLength={isNew ? 8 : undefined}
          maxLength={256}
          aria-describedby={isNew ? ids.rule : undefined}
        />
        <button type="button" class="icon-button" aria-label={t.session.show(label)} aria-pressed={shown} onClick={() => setShown(!shown)}>
          <Icon name="eye" />
        </button>
      </div>
      {isNew && (
        <p class="hint" id={ids.rule}>
          {t.session.passwordRule}
        </p>
      )}
    </div>
  )
}
