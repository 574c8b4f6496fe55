import { type Change, conversationOfChange } from './changes.ts'
import { isGroup } from './ids.ts'
import type { ClientFrame } from './protocol.ts'
import type { State } from './state.ts'

/** Users whose presence one connection may watch (protocol, Presence). */
const maxWatched = 500
/** New conversations often come together; presence is asked for once for all of them after this, ms. */
const pause = 200

/** Subscribes to the presence that the views of all tabs show. Works in the leading tab. */
export class PresenceWatch {
  private readonly state: State
  private readonly send: (frame: ClientFrame) => boolean
  /** Whom each tab shows. */
  private readonly wantedBy = new Map<string, readonly string[]>()
  private watched: ReadonlySet<string> = new Set()
  /** The conversations whose users could already see each other when presence was asked for on this connection. */
  private shared = new Set<string>()
  private askAgain: ReturnType<typeof setTimeout> | undefined

  constructor(state: State, send: (frame: ClientFrame) => boolean) {
    this.state = state
    this.send = send
  }

  /** All users that a tab shows now. */
  want(tab: string, userIds: readonly string[]): void {
    this.wantedBy.set(tab, userIds)
  }

  wantedIn(tab: string): readonly string[] {
    return this.wantedBy.get(tab) ?? []
  }

  /** A new connection: subscriptions end with the old one. */
  opened(): void {
    this.watched = new Set()
    this.shared = new Set([...this.state.stored.keys()].filter((id) => this.isShared(id)))
    this.subscribe()
  }

  subscribe(): void {
    const wanted = new Set([...new Set([...this.wantedBy.values()].flat())].slice(0, maxWatched))
    const subscribe = [...wanted].filter((userId) => !this.watched.has(userId))
    const unsubscribe = [...this.watched].filter((userId) => !wanted.has(userId))
    if (subscribe.length + unsubscribe.length > 0 && this.send({ type: 'presence', subscribe, unsubscribe })) this.watched = wanted
  }

  /** A conversation that is shared only now: its users could not be seen when presence was asked for. */
  changed(change: Change): void {
    const id = conversationOfChange(change)
    if (id === undefined || this.shared.has(id) || !this.isShared(id)) return
    this.shared.add(id)
    this.askAgain ??= setTimeout(() => {
      this.askAgain = undefined
      this.watched = new Set()
      this.subscribe()
    }, pause)
  }

  stop(): void {
    clearTimeout(this.askAgain)
  }

  /** Whether it lets its users see each other's presence (protocol, Presence). */
  private isShared(conversationId: string): boolean {
    return isGroup(conversationId) || (this.state.find(conversationId)?.maxSeqNo ?? 0) > 0
  }
}
