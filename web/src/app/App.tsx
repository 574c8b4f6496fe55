import type { ChatClient } from '@chat/client'
import { useEffect, useErrorBoundary } from 'preact/hooks'
import { ConnectionBar } from '../session/ConnectionBar'
import { isForGood } from '../session/ending'
import { SignIn } from '../session/SignIn'
import { StorageNote } from '../session/StorageNote'
import { Broken } from './Broken'
import { go } from './routes'
import { Shell } from './Shell'
import { useChat, useClient } from './useChat'

/**
 * The sign-in screen, or the page with the connection bar above it.
 * @param lasts Whether the store survives the page.
 */
export function App({ lasts }: { lasts: boolean }) {
  const client = useClient()
  const isIn = useChat(client => client.session !== undefined)
  const reason = useChat(client => client.connection.reason)
  const [fault] = useErrorBoundary(error => console.error(error))

  useEffect(() => leaveWithSession(client), [client])

  if (fault !== undefined) return <Broken />
  return (
    <>
      {!lasts && <StorageNote />}
      {isIn ? (
        <>
          <ConnectionBar />
          <Shell />
        </>
      ) : (
        <SignIn reason={reason} />
      )}
    </>
  )
}

/** Clears the address after signing out: it contains ids of others. An address opened before signing in stays. @returns Stops that. */
function leaveWithSession(client: ChatClient): () => void {
  let wasIn = client.session !== undefined
  return client.subscribe(changes => {
    const ends = changes.some(change => change.type === 'signedOut' && isForGood(change.reason))
    if (wasIn && ends) go({ view: 'list' }, 'replace')
    wasIn = client.session !== undefined || (wasIn && !ends)
  })
}
