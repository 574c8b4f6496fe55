import { useEffect } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'

const isAllowed = () => 'Notification' in window && Notification.permission === 'granted'

/** Keeps up what was turned on in the settings. Who has not allowed notifications does not load it. */
export function usePush() {
  const client = useClient()
  const { language } = useI18n()
  useEffect(() => {
    const run = (work: (push: typeof import('./push')) => Promise<void>) => void (isAllowed() && import('./push').then(work).catch(console.warn))
    run(push => push.tendPush(client, language))
    return client.subscribe(changes => {
      const end = changes.find(change => change.type === 'signedOut')
      if (end) run(push => push.endPush(end.reason))
      else if (client.session) run(push => push.followPush(client, changes))
    })
  }, [client, language])
}
