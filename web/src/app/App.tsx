import { useChat } from './useChat'
import { ConnectionBar } from '../session/ConnectionBar'
import { SignIn } from '../session/SignIn'
import { Shell } from './Shell'

/** Outside or inside: the connection bar stands above both. */
export function App() {
  const isIn = useChat(client => client.session !== undefined)
  const reason = useChat(client => client.connection.reason)
  return (
    <>
      {isIn && <ConnectionBar />}
      {isIn ? <Shell /> : <SignIn reason={reason} />}
    </>
  )
}
