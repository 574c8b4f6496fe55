import type { Change } from './changes.ts'
import { leaseLock } from './lease.ts'

/** Runs `work` while nobody else of this installation runs something under the same name. */
export type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** What the tabs of one installation say to each other. */
export type TabMessage =
  /** It happened in the sender, which has written it. */
  | { type: 'changes'; changes: readonly Change[] }
  /** A tab is new: who has the connection tells how it stands, the others what they watch. */
  | { type: 'hello' }
  | { type: 'watch'; tab: string; userIds: readonly string[] }
  | { type: 'typing'; conversationId: string; active: boolean }
  /** The user wants the connection tried, or the device taken back. */
  | { type: 'now' }

/** The other tabs that have the same store open. */
export interface Tabs {
  readonly lock: Lock
  /** `lead` holds for all tabs. Without it each of them leads, and the server keeps the last one's connection. */
  readonly exclusive: boolean
  post(message: TabMessage): void
  listen(listener: (message: TabMessage) => void): void
  /** Calls `lead` when this tab is the one to connect, now or when the one that is has gone. */
  lead(lead: () => void): void
  close(): void
}

/** @param alone The store is nobody else's. */
export const tabsOf = (name: string, alone: boolean): Tabs => (alone ? new LoneTab() : new BrowserTabs(name))

/** By a BroadcastChannel, and Web Locks where the browser has them: on pages of https and of localhost. Elsewhere its lock is a lease. */
class BrowserTabs implements Tabs {
  readonly exclusive = 'locks' in navigator && navigator.locks !== undefined
  private readonly inThisTab = new LoneTab()
  private readonly name: string
  private readonly channel: BroadcastChannel
  /** Lets the next tab lead, or gives up waiting to. */
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
      // Closed before its turn came.
      .catch(() => undefined)
  }

  close(): void {
    this.closing.abort()
    this.endLead?.()
    this.channel.close()
  }
}

/** Alone: a program in Node, or a store that the page gave. */
class LoneTab implements Tabs {
  readonly exclusive = true
  private readonly tails = new Map<string, Promise<unknown>>()

  readonly lock: Lock = async <T>(name: string, work: () => Promise<T>) => {
    const mine = (this.tails.get(name) ?? Promise.resolve()).then(work)
    this.tails.set(name, mine.catch(() => undefined))
    return mine
  }

  post(): void {
    // Nobody is there.
  }

  listen(): void {
    // Nobody speaks.
  }

  lead(lead: () => void): void {
    lead()
  }

  close(): void {
    this.tails.clear()
  }
}
