import './SignIn.css'
import type { SignedOutReason } from '@chat/client'
import { useId, useRef, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { LanguageChoice } from '../settings/LanguageChoice'
import { Logo } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'
import { thisDevice } from './deviceName'
import { PasswordField } from './PasswordField'

/** Signing in and creating an account, on one screen. */
export function SignIn({ reason }: { reason: SignedOutReason | undefined }) {
  const { t } = useI18n()
  const client = useClient()
  const [isNew, setIsNew] = useState(false)
  const task = useTask({ conflict: t.session.taken, unauthenticated: t.session.wrong, forbidden: t.session.tooManyDevices })
  const userId = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  const ids = { user: useId(), rule: useId() }

  const submit = async (event: Event) => {
    event.preventDefault()
    const name = userId.current!.value.trim()
    const done = await task.run(() => client[isNew ? 'register' : 'signIn'](name, password.current!.value, thisDevice()))
    if (!done) password.current?.focus()
  }

  return (
    <main class="sign-in">
      <div class="sign-in-column">
        <header>
          <Logo class="sign-in-logo" />
          <h1>{t.session.welcome}</h1>
          <p>{t.session.pitch}</p>
        </header>
        {reason && t.session.ended[reason] && (
          <p class="sign-in-reason" role="status">
            {t.session.ended[reason]}
          </p>
        )}
        <form class="card" onSubmit={submit}>
          <div class="field">
            <label for={ids.user}>{t.session.userId}</label>
            <input
              ref={userId}
              id={ids.user}
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              maxLength={64}
              pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
              title={t.session.userIdRule}
              aria-describedby={isNew ? ids.rule : undefined}
            />
            {isNew && (
              <p class="hint" id={ids.rule}>
                {t.session.userIdRule}
              </p>
            )}
          </div>
          <PasswordField field={password} label={t.session.password} isNew={isNew} />
          <Problem text={task.problem} />
          <button class="button wide" disabled={task.running}>
            {isNew ? t.session.register : t.session.signIn}
          </button>
        </form>
        <p class="sign-in-other">
          {isNew ? t.session.toSignIn : t.session.toRegister}
          <button type="button" class="button quiet" onClick={() => setIsNew(!isNew)}>
            {isNew ? t.session.signIn : t.session.register}
          </button>
        </p>
        <LanguageChoice />
      </div>
    </main>
  )
}
