/** What this browser keeps for the page beside the client's store. A browser may refuse it all; then nothing is kept, and the page works. */
export function readItem(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Null forgets it. */
export function keepItem(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Full or shut: it holds as long as the page.
  }
}

export function forgetItems(prefix: string) {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key)
  } catch {
    // Shut: there is nothing to forget.
  }
}
