import type { KeptFiles } from './store.ts'

/** Keeps files while the object lives. */
export class MemoryFiles implements KeptFiles {
  private readonly values = new Map<string, unknown>()

  get<T>(key: string): Promise<T | undefined> {
    return Promise.resolve(this.values.get(key) as T | undefined)
  }

  put(key: string, value: unknown): Promise<void> {
    this.values.set(key, value)
    return Promise.resolve()
  }

  delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.values.delete(key)
    return Promise.resolve()
  }

  keys(): Promise<string[]> {
    return Promise.resolve([...this.values.keys()])
  }

  clear(): Promise<void> {
    this.values.clear()
    return Promise.resolve()
  }
}
