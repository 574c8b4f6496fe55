import { useRef } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { PasswordField } from '../session/PasswordField'
import { Dialog } from '../ui/Dialog'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'

/** Changes the password; the other devices are signed out by it. */
export function PasswordDialog({ onClose, onChanged }: { onClose: () => void; onChanged: () => void }) {
  const { t } = useI18n()
  const client = useClient()
  const task = useTask({ forbidden: t.settings.passwordWrong, conflict: t.settings.passwordConflict })
  const current = useRef<HTMLInputElement>(null)
  const renewed = useRef<HTMLInputElement>(null)

  const submit = async (event: Event) => {
    event.preventDefault()
    if (await task.run(() => client.changePassword(current.current!.value, renewed.current!.value))) {
      onChanged()
      onClose()
    } else {
      current.current?.focus()
    }
  }

  return (
    <Dialog title={t.settings.password} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <p>{t.settings.passwordText}</p>
        {/* For the browser's store of passwords: whose it is. */}
        <input hidden readOnly name="username" autocomplete="username" value={client.session?.userId} />
        <PasswordField field={current} label={t.settings.passwordCurrent} />
        <PasswordField field={renewed} label={t.settings.passwordNew} isNew />
        <Problem text={task.problem} />
        <div class="dialog-buttons">
          <button type="button" class="button plain" onClick={onClose}>
            {t.cancel}
          </button>
          <button class="button" disabled={task.running}>
            {t.settings.passwordChange}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
