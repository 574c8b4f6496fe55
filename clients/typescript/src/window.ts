/** What happens to the window that the page is in. */
export interface WindowEvents {
  /** The system says that there is no network. */
  offline(): void
  /** There is one again, or the page is looked at again, which may have slept. */
  online(): void
  /** The page is being left or put aside. */
  hidden(): void
  /** It is back as it was. */
  shown(): void
}

/** Outside a browser nothing ever happens. @returns Ends the telling. */
export function watchWindow(on: WindowEvents): () => void {
  if (typeof window === 'undefined') return () => undefined
  const ending = new AbortController()
  const { signal } = ending
  window.addEventListener('offline', () => on.offline(), { signal })
  window.addEventListener('online', () => on.online(), { signal })
  window.addEventListener('pagehide', () => on.hidden(), { signal })
  window.addEventListener('pageshow', () => on.shown(), { signal })
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && on.online(), { signal })
  return () => ending.abort()
}
