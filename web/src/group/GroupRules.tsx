import type { Group, History } from '@chat/client'
import { useId, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'

/** Title and history, for those who may change them. */
export function GroupRules({ group, onChange }: { group: Group; onChange: (work: () => Promise<Group | void>) => Promise<boolean> }) {
  const { t } = useI18n()
  const client = useClient()
  // Until the user edits it, it shows the group's title: another admin may change it meanwhile.
  const [edited, setEdited] = useState<string>()
  const title = edited ?? group.title
  const ids = { title: useId(), history: useId() }
  const wanted = title.trim()
  const change = (what: { title?: string; history?: History }) => onChange(() => client.changeGroup(group.conversationId, what))

  return (
    <section class="section">
      <form
        class="field"
        onSubmit={async event => {
          event.preventDefault()
          if (wanted && wanted !== group.title && (await change({ title: wanted }))) setEdited(undefined)
        }}
      >
        <label for={ids.title}>{t.group.newTitle}</label>
        <div class="field-row">
          <input id={ids.title} value={title} maxLength={128} autocomplete="off" onInput={event => setEdited(event.currentTarget.value)} />
          <button class="button plain" disabled={!wanted || wanted === group.title}>
            {t.group.save}
          </button>
        </div>
      </form>
      <div class="field">
        <label for={ids.history}>{t.group.history}</label>
        <select id={ids.history} value={group.history} onChange={event => void change({ history: event.currentTarget.value as History })}>
          <option value="all">{t.start.historyAll}</option>
          <option value="fromJoin">{t.start.historyFromJoin}</option>
        </select>
      </div>
    </section>
  )
}
