import { useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'

/** The browser asks only when the button is pressed, never by itself. */
export function NotificationSetting() {
  const { t } = useI18n()
  const [permission, setPermission] = useState(() => ('Notification' in window ? Notification.permission : undefined))
  const words = {
    granted: t.settings.notificationsOn,
    denied: t.settings.notificationsDenied,
    default: t.settings.notificationsHint,
  }
  return (
    <div class="card">
      <div class="setting" role="status">
        <p class="setting-words">
          <Icon name="bell" />
          {permission ? words[permission] : t.settings.notificationsNone}
        </p>
        {permission === 'default' && (
          <button type="button" class="button plain" onClick={async () => setPermission(await Notification.requestPermission())}>
            {t.settings.notificationsAllow}
          </button>
        )}
      </div>
    </div>
  )
}
