import { useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { Choice } from '../ui/Choice'
import { Page } from '../ui/Page'
import { NewDirect } from './NewDirect'
import { NewGroup } from './NewGroup'

export function NewConversation() {
  const { t } = useI18n()
  const [kind, setKind] = useState<'direct' | 'group'>('direct')
  return (
    <Page title={t.start.title} beginsInField>
      <Choice
        label={t.start.title}
        value={kind}
        onChoose={setKind}
        options={[
          { value: 'direct', label: t.start.direct },
          { value: 'group', label: t.start.group },
        ]}
      />
      {kind === 'direct' ? <NewDirect /> : <NewGroup />}
    </Page>
  )
}
