import type { History } from '@chat/client'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { go } from '../app/routes'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'
import { idsIn, isUserId } from './userIds'

export function NewGroup() {
  const { t } = useI18n()
  const client = useClient()
  const title = useRef<HTMLInputElement>(null)
  const members = useRef<HTMLInputElement>(null)
  const [history, setHistory] = useState<History>('all')
  const [problem, setProblem] = useState<string>()
  const task = useTask()
  const ids = { title: useId(), members: useId(), hint: useId(), history: useId() }
  useLayoutEffect(() => title.current?.focus(), [])

  const submit = async (event: Event) => {
    event.preventDefault()
    setProblem(undefined)
    const wanted = title.current!.value.trim()
    const others = idsIn(members.current!.value).filter(id => id !== client.session!.userId)
    if (!wanted) return setProblem(t.start.needTitle)
    if (!others.every(isUserId)) return setProblem(t.start.badId)
    await task.run(async () => {
      const group = await client.createGroup(wanted, others, history)
      go({ view: 'conversation', id: group.conversationId })
    })
  }

  return (
    <form class="card" onSubmit={submit}>
      <div class="field">
        <label for={ids.title}>{t.start.groupTitle}</label>
        <input ref={title} id={ids.title} required maxLength={128} autocomplete="off" />
      </div>
      <div class="field">
        <label for={ids.members}>{t.start.members}</label>
        <input ref={members} id={ids.members} autocapitalize="none" autocomplete="off" spellcheck={false} aria-describedby={ids.hint} />
        <p class="hint" id={ids.hint}>
          {t.start.membersHint} {t.start.hint}
        </p>
      </div>
      <div class="field">
        <label for={ids.history}>{t.start.history}</label>
        <select id={ids.history} value={history} onChange={event => setHistory(event.currentTarget.value as History)}>
          <option value="all">{t.start.historyAll}</option>
          <option value="fromJoin">{t.start.historyFromJoin}</option>
        </select>
      </div>
      <Problem text={problem ?? task.problem} />
      <button class="button" disabled={task.running}>
        {t.start.create}
      </button>
    </form>
  )
}
