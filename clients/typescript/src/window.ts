/** What happens to the page's window. */
export interface WindowEvents {
  /** The system reports that there is no network. */
  offline(): void
  /** There is a network again, or the page is visible again after it may have been suspended. */
  online(): void
  /** The page is closed, or kept for going back to it. */
  hidden(): void
  /** The page was gone back to. */
  shown(): void
}

/** Outside a browser it does nothing. @returns Stops watching. */
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
