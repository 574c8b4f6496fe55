import { useLayoutEffect } from 'preact/hooks'
import type { ChatClient } from '@chat/client'
import { isComposing } from '../ui/keys'
import { go, type Route } from './routes'
import { useClient } from './useChat'

/** Keys that work everywhere. All have Alt, Ctrl or Escape, as a letter alone is typed text. */
export function useShortcuts(route: Route, onHelp: () => void) {
  const client = useClient()
  // With the view: until then a key would go on from the one before.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      // An open dialog handles the keys itself.
      if (event.defaultPrevented || isComposing(event) || document.querySelector('dialog[open]')) return
      const action = actionFor(event, route, client)
      if (!action) return
      event.preventDefault()
      if (action === 'help') onHelp()
      else go(action)
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [client, route, onHelp])
}

function actionFor(event: KeyboardEvent, route: Route, client: ChatClient): Route | 'help' | undefined {
  const { key, code, altKey, ctrlKey, metaKey } = event
  if ((ctrlKey || metaKey) && key === '/') return 'help'
  if (key === 'Escape') return outOf(route)
  if (!altKey || ctrlKey || metaKey) return undefined
  if (code === 'KeyN') return { view: 'new' }
  if (key === 'ArrowDown') return neighbour(route, client, 1)
  if (key === 'ArrowUp') return neighbour(route, client, -1)
  return undefined
}

function outOf(route: Route): Route | undefined {
  if (route.view === 'details' || route.view === 'media' || route.view === 'thread') return { view: 'conversation', id: route.id }
  return route.view === 'list' ? undefined : { view: 'list' }
}

function neighbour(route: Route, client: ChatClient, step: 1 | -1): Route | undefined {
  const current = 'id' in route ? client.conversations.findIndex(one => one.id === route.id) : -1
  const next = client.conversations[current < 0 ? 0 : current + step]
  return next && { view: 'conversation', id: next.id }
}
