import { useErrorBoundary } from 'preact/hooks'
import { ConnectionBar } from '../session/ConnectionBar'
import { SignIn } from '../session/SignIn'
import { Broken } from './Broken'
import { Shell } from './Shell'
import { useChat } from './useChat'

/** Outside or inside; while inside, the connection bar stands above it all. */
export function App() {
  const isIn = useChat(client => client.session !== undefined)
  const reason = useChat(client => client.connection.reason)
  const [fault] = useErrorBoundary(error => console.error(error))
  if (fault !== undefined) return <Broken />
  if (!isIn) return <SignIn reason={reason} />
  return (
    <>
      <ConnectionBar />
      <Shell />
    </>
  )
}
