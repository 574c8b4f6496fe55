import { type Change, isKept } from './changes.ts'
import { ChatError } from './errors.ts'
import { State } from './state.ts'
import type { ChatStore } from './store/store.ts'
import type { Tabs } from './tabs.ts'

/** The one way in which the state changes: written to the store, applied to memory, told to the other tabs and to whoever listens. */
export class Journal {
  readonly state = new State((change) => this.apply([change]))
  private readonly store: ChatStore
  private readonly tabs: Tabs
  private readonly applied: (change: Change) => void
  private readonly listeners = new Set<(changes: readonly Change[]) => void>()
  private untold: Change[] | undefined
  private sessions = 0
  private closed = false

  /** @param applied Told of each change once the state has it, in this tab as in the one where it happened. */
  constructor(store: ChatStore, tabs: Tabs, applied: (change: Change) => void) {
    this.store = store
    this.tabs = tabs
    this.applied = applied
  }

  /** Another number with each session that ends: what one of them had under way is nothing to the next. */
  get era(): number {
    return this.sessions
  }

  /** Nothing changes any more, and nobody is told. */
  get isClosed(): boolean {
    return this.closed
  }

  /** Called with what has changed, once for all changes of one moment. @returns Ends that. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** @throws ChatError `storage`: nothing was written, and nothing applied. */
  async commit(changes: readonly Change[]): Promise<void> {
    // What the ended session still had under way must not come after what ends it.
    if (changes.some(({ type }) => type === 'signedOut')) this.sessions++
    const { era } = this
    if (this.closed || (this.state.session === undefined && changes.every(needsSession))) return
    const kept = changes.filter(isKept)
    const all = kept.length > 0 ? [...changes, ...(await this.write(kept))] : changes
    if (this.closed || (era !== this.era && all.every(needsSession))) return
    this.apply(all)
    this.tabs.post({ type: 'changes', changes: all })
  }

  /** For what is not to be written: it is in the store already, or is fleeting. */
  apply(changes: readonly Change[]): void {
    if (this.closed) return
    for (const change of changes) {
      this.state.apply(change)
      this.applied(change)
    }
    if (this.untold) this.untold.push(...changes)
    else {
      this.untold = [...changes]
      queueMicrotask(() => this.tell())
    }
  }

  /** Takes up what is stored, in the place of what is known. @returns Whether it could be read. */
  async reload(): Promise<boolean> {
    try {
      const stored = await this.store.load()
      if (this.closed) return false
      this.state.load(stored)
    } catch {
      return false
    }
    this.apply([{ type: 'connection', connection: this.state.connection }])
    return true
  }

  /** What a tab that is gone has put in the outbox and did not come to tell. */
  async findQueued(): Promise<void> {
    try {
      for (const item of (await this.store.load()).outbox) if (!this.state.outbox.has(item.clientMsgId)) this.apply([{ type: 'queued', item }])
    } catch {
      // The next connection looks again.
    }
  }

  close(): void {
    this.closed = true
    this.listeners.clear()
  }

  /** @returns What the store dropped for it. */
  private async write(changes: readonly Change[]): Promise<readonly Change[]> {
    try {
      let dropped: readonly Change[]
      try {
        dropped = await this.store.write(changes)
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error
        dropped = await this.store.makeRoom()
        // Also where there still is no room: what memory takes to be here is not.
        this.apply(dropped)
        this.tabs.post({ type: 'changes', changes: dropped })
        dropped = await this.store.write(changes)
      }
      if (this.state.storageFailed) this.apply([{ type: 'storage', failed: false }])
      return dropped
    } catch (error) {
      if (!this.state.storageFailed) this.apply([{ type: 'storage', failed: true }])
      throw new ChatError('storage', `The store cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  private tell(): void {
    const changes = this.untold ?? []
    this.untold = undefined
    for (const listener of this.listeners)
      try {
        listener(changes)
      } catch (error) {
        // One that fails must not keep the others from hearing.
        queueMicrotask(() => {
          throw error
        })
      }
  }
}

/** A session's end and beginning, and what nobody keeps, may happen without one. */
const needsSession = (change: Change): boolean => change.type !== 'signedOut' && change.type !== 'signedIn' && isKept(change)
