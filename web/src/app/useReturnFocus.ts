import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Route } from './routes'

/** After a view is left, the focus is where it was before: on the conversation's row, the button of what stood beside it, else the list's heading. */
export function useReturnFocus(route: Route) {
  const last = useRef(route)
  useLayoutEffect(() => {
    const left = last.current
    last.current = route
    if (left === route) return
    if (route.view === 'list') {
      const row = 'id' in left ? document.querySelector<HTMLElement>(`a[data-id="${CSS.escape(left.id)}"]`) : undefined
      const target = row ?? document.getElementById('list-heading')
      target?.focus()
    }
    if (route.view === 'conversation' && left.view === 'thread') document.getElementById('main')?.focus()
    if (route.view === 'conversation' && (left.view === 'details' || left.view === 'media') && left.id === route.id) document.getElementById(`${left.view}-button`)?.focus()
  }, [route])
}
