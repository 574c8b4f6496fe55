import { type Change, conversationOfChange } from './changes.ts'
import { isGroup } from './ids.ts'
import type { ClientFrame } from './protocol.ts'
import type { State } from './state.ts'

/** Users whose presence one connection may watch (protocol, Presence). */
const maxWatched = 500
/** New acquaintances come in flocks; they are asked for together, ms. */
const pause = 200

/** Asks for the presence that the views of all tabs show. Works in the tab that has the connection. */
export class PresenceWatch {
  private readonly state: State
  private readonly send: (frame: ClientFrame) => boolean
  /** What each tab shows. */
  private readonly wantedBy = new Map<string, readonly string[]>()
  private watched: ReadonlySet<string> = new Set()
  /** Conversations that made people visible to each other before they were asked for on this connection. */
  private shared = new Set<string>()
  private askAgain: ReturnType<typeof setTimeout> | undefined

  constructor(state: State, send: (frame: ClientFrame) => boolean) {
    this.state = state
    this.send = send
  }

  /** The whole set that a tab shows now. */
  want(tab: string, userIds: readonly string[]): void {
    this.wantedBy.set(tab, userIds)
  }

  wantedIn(tab: string): readonly string[] {
    return this.wantedBy.get(tab) ?? []
  }

  /** Subscriptions end with their connection. */
  opened(): void {
    this.watched = new Set()
    this.shared = new Set([...this.state.rows.keys()].filter((id) => this.isShared(id)))
    this.subscribe()
  }

  subscribe(): void {
    const wanted = new Set([...new Set([...this.wantedBy.values()].flat())].slice(0, maxWatched))
    const subscribe = [...wanted].filter((userId) => !this.watched.has(userId))
    const unsubscribe = [...this.watched].filter((userId) => !wanted.has(userId))
    if (subscribe.length + unsubscribe.length > 0 && this.send({ type: 'presence', subscribe, unsubscribe })) this.watched = wanted
  }

  /** Who shares a conversation only now could not be seen when their presence was asked for. */
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

  /** What lets two users see each other's presence (protocol, Presence). */
  private isShared(conversationId: string): boolean {
    return isGroup(conversationId) || (this.state.rows.get(conversationId)?.maxSeqNo ?? 0) > 0
  }
}
