import type { KeptFiles } from './store.ts'

/**
 * Files in a database of their own, beside the one of the state: that one keeps its version, so tabs of an earlier version of the page work on. It is
 * opened for each piece of work, of which there is little.
 */
export class IndexedDbFiles implements KeptFiles {
  private readonly name: string

  constructor(name: string) {
    this.name = `${name}:files`
  }

  get<T>(key: string): Promise<T | undefined> {
    return this.within('readonly', (files) => files.get(key) as IDBRequest<T | undefined>)
  }

  async put(key: string, value: unknown): Promise<void> {
    await this.within('readwrite', (files) => files.put(value, key))
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.within('readwrite', (files) => keys.map((key) => files.delete(key)).at(-1)!)
  }

  async keys(): Promise<string[]> {
    return (await this.within('readonly', (files) => files.getAllKeys())) as string[]
  }

  async clear(): Promise<void> {
    await this.within('readwrite', (files) => files.clear())
  }

  private async within<T>(mode: IDBTransactionMode, work: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await new Promise<IDBDatabase>((done, failed) => {
      const opening = indexedDB.open(this.name, 1)
      opening.onupgradeneeded = () => void opening.result.createObjectStore('files')
      opening.onsuccess = () => done(opening.result)
      opening.onerror = () => failed(opening.error)
    })
    try {
      return await new Promise((done, failed) => {
        const transaction = db.transaction('files', mode, { durability: 'strict' })
        const request = work(transaction.objectStore('files'))
        transaction.oncomplete = () => done(request.result)
        transaction.onabort = () => failed(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'))
      })
    } finally {
      db.close()
    }
  }
}
