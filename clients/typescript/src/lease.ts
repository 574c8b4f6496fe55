import { randomId } from './ids.ts'
import type { Lock } from './tabs.ts'

/** How long a lease lasts, ms: longer than any work done under it. Others wait so long for a tab that was closed. */
const duration = 30_000
/** Between two attempts to take a lease that another tab has, ms. */
const pause = 100
/** If the browser's database does not answer within this, the work is done without a lease, ms. */
const timeout = 5_000

interface Held {
  readonly owner: string
  /** ms. */
  readonly until: number
}

/**
 * A lock for all tabs where the browser has no Web Locks, as on pages without https: a lease in a small database of its own, whose write
 * transactions run one after another in all tabs. A tab that is suspended while it holds a lease loses it, so rarely two tabs do the same work.
 */
export const leaseLock =
  (name: string): Lock =>
  async (key, work) => {
    const owner = randomId(16)
    const taken = await take(name, key, owner)
    try {
      return await work()
    } finally {
      if (taken) await answered(change(name, key, (held) => (held?.owner === owner ? undefined : held))).catch(() => undefined)
    }
  }

/** @returns Whether the lease was taken, and is to be given back. */
async function take(name: string, key: string, owner: string): Promise<boolean> {
  for (;;) {
    const now = Date.now()
    const isFree = (held: Held | undefined) => !held || held.until <= now || held.until > now + duration
    try {
      const held = await answered(change(name, key, (held) => (isFree(held) ? { owner, until: now + duration } : held)))
      if (held?.owner === owner) return true
    } catch {
      return false
    }
    await new Promise((over) => setTimeout(over, pause))
  }
}

/** @returns The lease after the change. */
async function change(name: string, key: string, next: (held: Held | undefined) => Held | undefined): Promise<Held | undefined> {
  const db = await new Promise<IDBDatabase>((done, failed) => {
    const opening = indexedDB.open(`${name}:leases`, 1)
    opening.onupgradeneeded = () => void opening.result.createObjectStore('leases')
    opening.onsuccess = () => done(opening.result)
    opening.onerror = () => failed(opening.error)
  })
  try {
    return await new Promise((done, failed) => {
      const transaction = db.transaction('leases', 'readwrite')
      const leases = transaction.objectStore('leases')
      const reading = leases.get(key) as IDBRequest<Held | undefined>
      let result: Held | undefined
      reading.onsuccess = () => {
        result = next(reading.result)
        if (result) leases.put(result, key)
        else leases.delete(key)
      }
      transaction.oncomplete = () => done(result)
      transaction.onabort = () => failed(transaction.error)
    })
  } finally {
    db.close()
  }
}

function answered<T>(work: Promise<T>): Promise<T> {
  let late: ReturnType<typeof setTimeout> | undefined
  const lateness = new Promise<never>((_, failed) => (late = setTimeout(() => failed(new Error('The database does not answer.')), timeout)))
  return Promise.race([work, lateness]).finally(() => clearTimeout(late))
}
