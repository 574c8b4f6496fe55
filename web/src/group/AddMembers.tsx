import type { Group } from '@chat/client'
import { useId, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { idsIn } from '../conversations/userIds'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'

export function AddMembers({ groupId, onAdded }: { groupId: string; onAdded: (group: Group) => void }) {
  const { t } = useI18n()
  const client = useClient()
  const [text, setText] = useState('')
  const [added, setAdded] = useState(false)
  const task = useTask({ bad_request: t.start.badId })
  const ids = { field: useId(), hint: useId() }
  const members = idsIn(text)

  const submit = async (event: Event) => {
    event.preventDefault()
    if (members.length === 0) return
    const done = await task.run(async () => onAdded(await client.addMembers(groupId, members)))
    if (done) setText('')
    setAdded(done)
  }

  return (
    <form class="section" onSubmit={submit}>
      <div class="field">
        <label for={ids.field}>{t.group.add}</label>
        <div class="field-row">
          <input
            id={ids.field}
            value={text}
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            aria-describedby={ids.hint}
            onInput={event => {
              setText(event.currentTarget.value)
              setAdded(false)
            }}
          />
          <button class="button plain" disabled={task.running || members.length === 0} aria-label={t.group.add}>
            <Icon name="plus" />
          </button>
        </div>
        <p class="hint" id={ids.hint} role="status">
          {added ? t.group.added : t.group.addHint}
        </p>
      </div>
      <Problem text={task.problem} />
    </form>
  )
}
