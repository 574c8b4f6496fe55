import { useEffect, useState } from 'preact/hooks'

/** What the page shows, in the hash of the address, so that links, reload and the back button work. */
export type Route =
  | { view: 'list' }
  | { view: 'conversation'; id: string }
  | { view: 'details'; id: string }
  | { view: 'media'; id: string }
  | { view: 'thread'; id: string; root: string }
  | { view: 'new' }
  | { view: 'devices' }
  | { view: 'settings' }

export function parseRoute(hash: string): Route {
  const [first = '', id = '', last = '', root = ''] = hash.replace(/^#\/?/, '').split('/').map(decodePart)
  if (first === 'c' && id && last === 'thread' && root) return { view: last, id, root }
  if (first === 'c' && id) return { view: last === 'details' || last === 'media' ? last : 'conversation', id }
  if (first === 'new' || first === 'devices' || first === 'settings') return { view: first }
  return { view: 'list' }
}

export function hashOf(route: Route): string {
  switch (route.view) {
    case 'list':
      return '#/'
    case 'conversation':
      return `#/c/${route.id}`
    case 'details':
    case 'media':
      return `#/c/${route.id}/${route.view}`
    case 'thread':
      return `#/c/${route.id}/thread/${route.root}`
    default:
      return `#/${route.view}`
  }
}

/** `replace` adds no history entry: for a view that has become empty. */
export function go(route: Route, how: 'push' | 'replace' = 'push') {
  if (how === 'push') location.hash = hashOf(route)
  else location.replace(hashOf(route))
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const read = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  return route
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
