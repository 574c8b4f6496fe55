import './ConnectionBar.css'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'

/** A bar at the top with the connection's status, if it is not online. */
export function ConnectionBar() {
  const { t } = useI18n()
  const client = useClient()
  const connection = useChat(chat => chat.connection)
  const storageFailed = useChat(chat => chat.storageFailed)
  const { status, caughtUp } = connection
  // A short interruption is not shown.
  const isSlow = useLasting((status === 'connecting' || status === 'online') && !caughtUp, 1500)

  return (
    <div role="status" class="connection">
      {storageFailed && (
        <p class="connection-bar serious">
          <Icon name="warning" />
          {t.connection.storageFailed}
        </p>
      )}
      {status === 'offline' && (
        <p class="connection-bar">
          <Icon name="cloudOff" />
          <span>{t.connection.offline}</span>
          <button type="button" class="button plain" onClick={() => client.retryNow()}>
            {t.connection.tryNow}
          </button>
        </p>
      )}
      {status === 'replaced' && (
        <p class="connection-bar">
          <Icon name="device" />
          <span>{t.connection.replaced}</span>
          <button type="button" class="button plain" onClick={() => client.takeOver()}>
            {t.connection.useHere}
          </button>
        </p>
      )}
      {isSlow && <p class="connection-bar light">{status === 'online' ? t.connection.catchingUp : t.connection.connecting}</p>}
    </div>
  )
}

/** True when `isSo` has been true for this long. */
function useLasting(isSo: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!isSo) return setLasts(false)
    const timer = setTimeout(() => setLasts(true), ms)
    return () => clearTimeout(timer)
  }, [isSo, ms])
  return isSo && lasts
}
