import './ConnectionBar.css'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'

/** A bar at the top: nothing is stored when the page is closed. */
export function StorageNote() {
  const { t } = useI18n()
  return (
    <div role="status" class="connection">
      <p class="connection-bar serious">
        <Icon name="warning" />
        {t.connection.storageAbsent}
      </p>
    </div>
  )
}
