/** What the page stores in this browser beside the client's store. If the browser refuses, nothing is stored, and the page works. */
export function readItem(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Null deletes it. */
export function keepItem(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Full or refused: the value is lost with the page.
  }
}

export function forgetItems(prefix: string) {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key)
  } catch {
    // Refused: there is nothing to delete.
  }
}
