import { type Change, isStored } from './changes.ts'
import { ChatError } from './errors.ts'
import { State } from './state.ts'
import type { ChatStore } from './store/store.ts'
import type { Tabs } from './tabs.ts'

/** All changes of the state go through here: written to the store, applied to memory, sent to the other tabs and to the listeners. */
export class Journal {
  readonly state = new State((change) => this.apply([change]))
  private readonly store: ChatStore
  private readonly tabs: Tabs
  private readonly applied: (change: Change) => void
  private readonly listeners = new Set<(changes: readonly Change[]) => void>()
  private unreported: Change[] | undefined
  private sessions = 0
  private closed = false

  /** @param applied Called with each change after the state has it, whichever tab made it. */
  constructor(store: ChatStore, tabs: Tabs, applied: (change: Change) => void) {
    this.store = store
    this.tabs = tabs
    this.applied = applied
  }

  /** Another number after each session that ends: what one of them started must not change the next. */
  get generation(): number {
    return this.sessions
  }

  /** Nothing changes any more, and nothing is reported. */
  get isClosed(): boolean {
    return this.closed
  }

  /** Called with what has changed, once for all changes of one moment. @returns Ends the subscription. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** @throws ChatError `storage`: nothing was written, and nothing applied. */
  async commit(changes: readonly Change[]): Promise<void> {
    // A write that the ended session had started must not be applied after its end.
    if (changes.some(({ type }) => type === 'signedOut')) this.sessions++
    const { generation } = this
    if (this.closed || (this.state.session === undefined && changes.every(needsSession))) return
    const kept = changes.filter(isStored)
    const all = kept.length > 0 ? [...changes, ...(await this.write(kept))] : changes
    if (this.closed || (generation !== this.generation && all.every(needsSession))) return
    this.apply(all)
    this.tabs.post({ type: 'changes', changes: all })
  }

  /** Without writing: it is in the store already, or is transient. */
  apply(changes: readonly Change[]): void {
    if (this.closed) return
    for (const change of changes) {
      this.state.apply(change)
      this.applied(change)
    }
    if (this.unreported) this.unreported.push(...changes)
    else {
      this.unreported = [...changes]
      queueMicrotask(() => this.report())
    }
  }

  /** Replaces the state by what is stored. @returns Whether it could be read. */
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

  /** Finds outbox entries of a tab that was closed before it told of them. */
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

  /** @returns What the store deleted to make room. */
  private async write(changes: readonly Change[]): Promise<readonly Change[]> {
    try {
      let dropped: readonly Change[]
      try {
        dropped = await this.store.write(changes)
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error
        dropped = await this.store.makeRoom()
        // Also if there still is no room: the state must not believe that these messages are stored.
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

  private report(): void {
    const changes = this.unreported ?? []
    this.unreported = undefined
    for (const listener of this.listeners)
      try {
        listener(changes)
      } catch (error) {
        // A listener that throws must not stop the others.
        queueMicrotask(() => {
          throw error
        })
      }
  }
}

/** A session's end and beginning, and transient changes, need no session. */
const needsSession = (change: Change): boolean => change.type !== 'signedOut' && change.type !== 'signedIn' && isStored(change)
