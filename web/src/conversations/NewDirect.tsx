import { directWith } from '@chat/client'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { go } from '../app/routes'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Problem } from '../ui/Problem'
import { isUserId } from './userIds'

/** A direct conversation is not created: it begins with its first message. */
export function NewDirect() {
  const { t } = useI18n()
  const client = useClient()
  const field = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState<string>()
  const ids = { field: useId(), hint: useId() }
  useLayoutEffect(() => field.current?.focus(), [])

  const submit = (event: Event) => {
    event.preventDefault()
    const other = field.current!.value.trim().replace(/^@/, '')
    const me = client.session!.userId
    if (!isUserId(other)) return setProblem(t.start.badId)
    go({ view: 'conversation', id: directWith(me, other) })
  }

  return (
    <form class="card" onSubmit={submit}>
      <div class="field">
        <label for={ids.field}>{t.start.userId}</label>
        <input ref={field} id={ids.field} placeholder={t.start.who} autocapitalize="none" autocomplete="off" spellcheck={false} required maxLength={65} aria-describedby={ids.hint} />
        <p class="hint" id={ids.hint}>
          {t.start.hint}
        </p>
      </div>
      <Problem text={problem} />
      <button class="button">{t.start.open}</button>
      <button type="button" class="button plain" onClick={() => go({ view: 'conversation', id: directWith(client.session!.userId, client.session!.userId) })}>
        {t.start.noteToSelf}
      </button>
    </form>
  )
}
