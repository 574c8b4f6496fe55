import type { Change } from './changes.ts'
import { leaseLock } from './lease.ts'

/** Runs `work` while no other tab of this installation runs work under the same name. */
export type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** What the tabs of one installation send each other. Tabs may be of two versions: names here stay. */
export type TabMessage =
  /** Made by the sender, which has written it to the store. */
  | { type: 'changes'; changes: readonly Change[] }
  /** A tab is new: the leading one sends its transient state, the others whom they watch. */
  | { type: 'hello' }
  | { type: 'watch'; tab: string; userIds: readonly string[] }
  | { type: 'typing'; conversationId: string; active: boolean }
  /** Connect now, or take the device back. */
  | { type: 'now' }

/** The other tabs that have the same store open. */
export interface Tabs {
  readonly lock: Lock
  /** Only one tab leads. Otherwise each of them does, and the server keeps only the last one's connection. */
  readonly exclusive: boolean
  post(message: TabMessage): void
  listen(listener: (message: TabMessage) => void): void
  /** Calls `lead` when this tab is to lead: now, or when the leading one is closed. */
  lead(lead: () => void): void
  close(): void
}

/** @param alone No other tab uses the store. */
export const tabsOf = (name: string, alone: boolean): Tabs => (alone ? new LoneTab() : new BrowserTabs(name))

/** By a BroadcastChannel, and Web Locks where the browser has them: on https and localhost. Elsewhere the lock is a lease. */
class BrowserTabs implements Tabs {
  readonly exclusive = 'locks' in navigator && navigator.locks !== undefined
  private readonly inThisTab = new LoneTab()
  private readonly name: string
  private readonly channel: BroadcastChannel
  /** Aborted when this tab is closed. */
  private readonly closing = new AbortController()
  private endLead: (() => void) | undefined

  constructor(name: string) {
    this.name = `chat:${name}`
    this.channel = new BroadcastChannel(this.name)
  }

  readonly lock: Lock = <T>(name: string, work: () => Promise<T>) =>
    this.exclusive
      ? (navigator.locks.request(`${this.name}:${name}`, work) as Promise<T>)
      : this.inThisTab.lock(name, () => leaseLock(this.name)(name, work))

  post(message: TabMessage): void {
    if (!this.closing.signal.aborted) this.channel.postMessage(message)
  }

  listen(listener: (message: TabMessage) => void): void {
    this.channel.onmessage = ({ data }) => listener(data as TabMessage)
  }

  lead(lead: () => void): void {
    if (!this.exclusive) return lead()
    const { signal } = this.closing
    navigator.locks
      .request(`${this.name}:lead`, { signal }, () => {
        lead()
        return new Promise<void>((over) => (this.endLead = over))
      })
      // Closed before it was this tab's turn.
      .catch(() => undefined)
  }

  close(): void {
    this.closing.abort()
    this.endLead?.()
    this.channel.close()
  }
}

/** The only user of its store: a program in Node, or a store that the page passed in. */
class LoneTab implements Tabs {
  readonly exclusive = true
  private readonly tails = new Map<string, Promise<unknown>>()

  readonly lock: Lock = async <T>(name: string, work: () => Promise<T>) => {
    const mine = (this.tails.get(name) ?? Promise.resolve()).then(work)
    this.tails.set(name, mine.catch(() => undefined))
    return mine
  }

  post(): void {
    // There is no other tab.
  }

  listen(): void {
    // There is no other tab.
  }

  lead(lead: () => void): void {
    lead()
  }

  close(): void {
    this.tails.clear()
  }
}
