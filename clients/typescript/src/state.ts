import { conversationOfChange, type Change, type Connection, type Outgoing, type Presence, type Row, type Session } from './changes.ts'
import { isGroup, peerOf } from './ids.ts'
import type { Message } from './protocol.ts'
import { leftRow, nextRow, refusedByLeaving, rowFor } from './rows.ts'
import type { Stored } from './store/store.ts'

/** A conversation as a view shows it. A new object whenever something in it changed. */
export interface Conversation {
  readonly id: string
  readonly kind: 'direct' | 'group'
  /** Of a direct conversation: the other user. */
  readonly peer?: string
  readonly title?: string
  /** The user is no member any more; it is shown for what could not be sent to it. */
  readonly left?: true
  readonly maxSeqNo: number
  readonly readSeqNo: number
  readonly unreadCount: number
  /** There are more unread ones than `unreadCount` says. */
  readonly unreadCapped: boolean
  readonly lastMessage?: Message
  /** Of the last message, or of its appearance here, ms. */
  readonly activity: number
  /** Users writing now. */
  readonly typing: readonly string[]
  /** What is on its way to it, in order. */
  readonly outgoing: readonly Outgoing[]
}

/** Without another word about it somebody has stopped writing after this, ms. */
const typingEnds = 6_000
const none: readonly never[] = []

/** What this tab knows. Changed by `apply` alone. */
export class State {
  session: Session | undefined
  owner: string | undefined
  deviceId: string | undefined
  epoch: string | undefined
  connection: Connection = { status: 'signedOut', caughtUp: false }
  storageFailed = false
  readonly rows = new Map<string, Row>()
  readonly outbox = new Map<string, Outgoing>()
  readonly presence = new Map<string, Presence>()
  private readonly typing = new Map<string, Map<string, ReturnType<typeof setTimeout>>>()
  /** The last ones to leave the outbox: another tab's word that one was queued may come after. */
  private readonly gone = new Set<string>()
  private readonly views = new Map<string, { row: Row; view: Conversation }>()
  private list: readonly Conversation[] | undefined
  private readonly typingOver: (change: Change) => void

  /** @param typingOver Told when somebody's typing has ended by itself. */
  constructor(typingOver: (change: Change) => void) {
    this.typingOver = typingOver
  }

  /** Begins anew with what is stored; what is fleeting stays. */
  load(stored: Stored): void {
    this.session = stored.session
    this.owner = stored.owner
    this.deviceId = stored.deviceId
    this.epoch = stored.epoch
    this.forget()
    this.outbox.clear()
    for (const row of stored.rows) this.rows.set(row.id, row)
    for (const item of stored.outbox) this.outbox.set(item.clientMsgId, item)
    this.showOutbox()
    if (this.session && this.connection.status === 'signedOut') this.connection = { status: 'connecting', caughtUp: false }
  }

  /** Newest activity first. */
  get conversations(): readonly Conversation[] {
    return (this.list ??= [...this.rows.keys()]
      .map((id) => this.conversation(id)!)
      .sort((a, b) => activityOf(b) - activityOf(a) || (a.id < b.id ? -1 : 1)))
  }

  conversation(id: string): Conversation | undefined {
    const row = this.rows.get(id)
    if (!row) return undefined
    const known = this.views.get(id)
    if (known?.row === row) return known.view
    const typing = this.typing.get(id)
    const outgoing = this.outgoing(id)
    const view: Conversation = {
      id,
      kind: isGroup(id) ? 'group' : 'direct',
      peer: peerOf(id, this.owner ?? ''),
      title: row.title,
      left: row.left,
      maxSeqNo: row.maxSeqNo,
      readSeqNo: row.readSeqNo,
      unreadCount: row.unreadCount,
      unreadCapped: row.unreadCapped,
      lastMessage: row.lastMessage,
      activity: row.activity,
      typing: typing ? [...typing.keys()] : none,
      outgoing: outgoing.length > 0 ? outgoing : none,
    }
    this.views.set(id, { row, view })
    return view
  }

  /** In the order in which they are sent. */
  outgoing(conversationId: string): Outgoing[] {
    return [...this.outbox.values()].filter((item) => item.conversationId === conversationId).sort((a, b) => a.order - b.order)
  }

  apply(change: Change): void {
    switch (change.type) {
      case 'signedIn':
        this.session = change.session
        this.owner = change.session.userId
        this.deviceId = change.session.deviceId
        if (this.connection.status === 'signedOut') this.connection = { status: 'connecting', caughtUp: false }
        this.showOutbox()
        return
      case 'signedOut':
        this.session = undefined
        this.connection = { status: 'signedOut', caughtUp: false, reason: change.reason }
        if (change.reason === 'expired') return
        this.epoch = undefined
        this.forget()
        this.presence.clear()
        if (change.reason === 'revoked') this.deviceId = undefined
        if (change.reason === 'signedOut') {
          this.owner = undefined
          this.outbox.clear()
        }
        return
      case 'epoch':
        this.epoch = change.epoch
        this.rows.clear()
        this.redraw()
        this.showOutbox()
        return
      case 'connection':
        this.connection = change.connection
        return
      case 'storage':
        this.storageFailed = change.failed
        return
      case 'presence':
        this.presence.set(change.userId, change.presence)
        return
      case 'typing':
        this.setTyping(change.conversationId, change.userId, change.active)
        break
      case 'queued':
        if (this.gone.has(change.item.clientMsgId)) return
        this.outbox.set(change.item.clientMsgId, change.item)
        break
      case 'unqueued':
      case 'sent': {
        const item = this.outbox.get(change.clientMsgId)
        this.outbox.delete(change.clientMsgId)
        this.remember(change.clientMsgId)
        if (item) this.redraw(item.conversationId)
        break
      }
      case 'removed':
        return this.left(change.conversationId)
      case 'log':
        // Who has sent something is not writing it any more.
        for (const { senderId } of change.messages) this.setTyping(change.conversationId, senderId, false)
        break
    }
    const id = conversationOfChange(change)
    if (id === undefined) return
    const row = nextRow(this.rows.get(id), change, this.owner ?? '')
    if (row) this.rows.set(id, row)
    else this.rows.delete(id)
    this.redraw(id)
  }

  private setTyping(conversationId: string, userId: string, active: boolean): void {
    let typing = this.typing.get(conversationId)
    clearTimeout(typing?.get(userId))
    typing?.delete(userId)
    if (!active) return
    if (!typing) this.typing.set(conversationId, (typing = new Map()))
    typing.set(
      userId,
      setTimeout(() => this.typingOver({ type: 'typing', conversationId, userId, active: false }), typingEnds),
    )
  }

  /** What waited to be sent to it is refused, and is what is left of it. */
  private left(id: string): void {
    const row = this.rows.get(id)
    const waiting = this.outgoing(id)
    for (const item of waiting) this.outbox.set(item.clientMsgId, refusedByLeaving(item))
    if (waiting[0]) this.rows.set(id, leftRow(row, waiting[0]))
    else this.rows.delete(id)
    this.redraw(id)
  }

  /** What was written is shown, also where nothing else is known of its conversation. */
  private showOutbox(): void {
    if (!this.session) return
    for (const item of this.outbox.values()) {
      if (this.rows.has(item.conversationId)) continue
      this.rows.set(item.conversationId, rowFor(item))
      this.redraw(item.conversationId)
    }
  }

  private remember(clientMsgId: string): void {
    this.gone.add(clientMsgId)
    if (this.gone.size > 1_000) this.gone.delete(this.gone.values().next().value!)
  }

  private redraw(id?: string): void {
    this.list = undefined
    if (id === undefined) this.views.clear()
    else this.views.delete(id)
  }

  private forget(): void {
    for (const typing of this.typing.values()) for (const timer of typing.values()) clearTimeout(timer)
    for (const map of [this.rows, this.typing]) map.clear()
    this.redraw()
  }
}

// What was just written belongs to the top, too.
const activityOf = ({ activity, outgoing }: Conversation) => Math.max(activity, outgoing.at(-1)?.createdAt ?? 0)
