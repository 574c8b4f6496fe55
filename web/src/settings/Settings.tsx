import './Settings.css'
import { useState } from 'preact/hooks'
import { hashOf } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { useTheme, type Theme } from '../theme/theme'
import { Avatar } from '../ui/Avatar'
import { Choice } from '../ui/Choice'
import { ConfirmDialog } from '../ui/Dialog'
import { Icon } from '../ui/icons'
import { Page } from '../ui/Page'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'
import { LanguageChoice } from './LanguageChoice'
import { PasswordDialog } from './PasswordDialog'
import { usePushSetting } from './parts'

export function Settings({ onShowShortcuts }: { onShowShortcuts: () => void }) {
  const { t } = useI18n()
  const client = useClient()
  const userId = useChat(chat => chat.session?.userId ?? '')
  const { theme, choose } = useTheme()
  const task = useTask()
  const [leaving, setLeaving] = useState(false)
  const [changing, setChanging] = useState(false)
  const [changed, setChanged] = useState(false)
  const push = usePushSetting(true)
  const themes: Theme[] = ['system', 'light', 'dark']

  return (
    <Page title={t.settings.title}>
      <section class="section" aria-labelledby="account-heading">
        <h2 id="account-heading" class="unseen">
          {t.settings.account}
        </h2>
        <div class="settings-account">
          <Avatar name={userId} size="large" />
          <div>
            <p class="settings-id">{userId}</p>
            <p class="hint">{t.settings.yourIdHint}</p>
          </div>
        </div>
        <nav class="settings-links" aria-label={t.settings.account}>
          <a href={hashOf({ view: 'devices' })}>
            <Icon name="device" />
            {t.devices.title}
          </a>
          <button type="button" onClick={() => (setChanged(false), setChanging(true))}>
            <Icon name="key" />
            {t.settings.password}
          </button>
          <button type="button" onClick={onShowShortcuts}>
            <Icon name="keyboard" />
            {t.settings.shortcuts}
          </button>
          <button type="button" class="danger" onClick={() => setLeaving(true)}>
            <Icon name="leave" />
            {t.settings.signOut}
          </button>
        </nav>
        <p class="hint" role="status">
          {changed && t.settings.passwordChanged}
        </p>
        <Problem text={task.problem} />
      </section>
      <section class="section" aria-labelledby="look-heading">
        <h2 id="look-heading">{t.settings.look}</h2>
        <div class="card">
          <div class="setting">
            <span aria-hidden="true">{t.settings.theme}</span>
            <Choice label={t.settings.theme} value={theme} onChoose={choose} options={themes.map(value => ({ value, label: t.settings.themes[value] }))} />
          </div>
          <div class="setting">
            <span aria-hidden="true">{t.settings.language}</span>
            <LanguageChoice />
          </div>
        </div>
      </section>
      <section class="section" aria-labelledby="notifications-heading">
        <h2 id="notifications-heading">{t.settings.notifications}</h2>
        {push && <push.PushSetting />}
      </section>
      {changing && <PasswordDialog onClose={() => setChanging(false)} onChanged={() => setChanged(true)} />}
      {leaving && (
        <ConfirmDialog
          title={t.settings.signOutTitle}
          text={t.settings.signOutText}
          action={t.settings.signOut}
          onClose={() => setLeaving(false)}
          onConfirm={() => void task.run(() => client.signOut())}
        />
      )}
    </Page>
  )
}
