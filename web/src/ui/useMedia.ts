import { useEffect, useState } from 'preact/hooks'

/** The widths at which panes appear and disappear; the same as in Shell.css. */
export const onePane = '(max-width: 719.98px)'
export const noThirdPane = '(max-width: 1079.98px)'
/** The bar of a conversation has no room for all its buttons; the same as in ConversationView.css. */
export const narrowBar = '(max-width: 360px)'

/** Whether a media query holds now. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const look = () => setMatches(list.matches)
    look()
    list.addEventListener('change', look)
    return () => list.removeEventListener('change', look)
  }, [query])
  return matches
}
