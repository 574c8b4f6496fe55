import { conversationOfChange, type Change, type Connection, isOutgoingChange, type OutboxEntry, type Outgoing, type OutgoingChange, type Presence, type StoredConversation, type Session } from './changes.ts'
import { isGroup, peerOf } from './ids.ts'
import { asShown, withPending } from './pending.ts'
import { isDeleted } from './ownSettings.ts'
import type { Message, OwnSettings } from './protocol.ts'
import { leftConversation, nextConversation, refusedByLeaving, conversationOfItem } from './conversationRules.ts'
import type { StoredState } from './store/store.ts'

/** A conversation as a view shows it. A new object whenever something in it has changed. */
export interface Conversation extends OwnSettings {
  readonly id: string
  readonly kind: 'direct' | 'group'
  /** The other user of a direct conversation. */
  readonly peer?: string
  readonly title?: string
  /** The user is no longer a member; it is shown while there are unsent messages to it. */
  readonly left?: true
  readonly maxSeqNo: number
  readonly readSeqNo: number
  readonly unreadCount: number
  /** There are more than `unreadCount` unread messages. */
  readonly unreadCapped: boolean
  /** Those of the unread messages that mention the user. */
  readonly unreadMentions: number
  readonly lastMessage?: Message
  /** When the last message was sent, or the conversation was first known here, ms. */
  readonly activity: number
  /** The users who are writing now. */
  readonly typing: readonly string[]
  /** Its messages in the outbox, in the order in which they are sent. */
  readonly outgoing: readonly Outgoing[]
  /** After how many seconds its new messages expire; absent for never. */
  readonly timer?: number
}

/** A typing user has stopped if nothing more is heard for this long, ms. */
const typingEnds = 6_000
const none: readonly never[] = []

/** What this tab knows. Only `apply` and `load` change it. */
export class State {
  session: Session | undefined
  owner: string | undefined
  deviceId: string | undefined
  epoch: string | undefined
  connection: Connection = { status: 'signedOut', caughtUp: false }
  storageFailed = false
  /** By how much the server's clock is ahead of this machine's, ms; undefined before a connection told. */
  clockOffset: number | undefined
  readonly stored = new Map<string, StoredConversation>()
  readonly outbox = new Map<string, OutboxEntry>()
  /** Of the outbox: what the server may have already. What was waiting when the store was read may have been sent before. */
  readonly attempted = new Set<string>()
  readonly presence = new Map<string, Presence>()
  /** By fileId, of files in the outbox: how much the server has, bytes. */
  readonly uploaded = new Map<string, number>()
  private readonly typing = new Map<string, Map<string, ReturnType<typeof setTimeout>>>()
  /** The latest entries that left the outbox: another tab's message that one was queued may come later. */
  private readonly unqueued = new Set<string>()
  private readonly views = new Map<string, { row: StoredConversation; view: Conversation }>()
  private lists: { listed: readonly Conversation[]; archived: readonly Conversation[] } | undefined
  private readonly typingOver: (change: Change) => void

  /** @param typingOver Called when somebody's typing has ended by itself. */
  constructor(typingOver: (change: Change) => void) {
    this.typingOver = typingOver
  }

  /** Replaces what is stored; what is transient stays. */
  load(stored: StoredState): void {
    this.session = stored.session
    this.owner = stored.owner
    this.deviceId = stored.deviceId
    this.epoch = stored.epoch
    this.forget()
    this.outbox.clear()
    for (const row of stored.conversations) this.stored.set(row.id, row)
    for (const item of stored.outbox) {
      this.outbox.set(item.clientMsgId, item)
      if (item.state === 'waiting' || item.state === 'changing') this.attempted.add(item.clientMsgId)
    }
    this.showOutbox()
    if (this.session && this.connection.status === 'signedOut') this.connection = { status: 'connecting', caughtUp: false }
  }

  /** The pinned first, then by newest activity. */
  get conversations(): readonly Conversation[] {
    return this.sorted().listed
  }

  /** Newest activity first. */
  get archived(): readonly Conversation[] {
    return this.sorted().archived
  }

  private sorted() {
    if (this.lists) return this.lists
    // What is to be sent is shown, wherever it is.
    const all = [...this.stored.keys()].map((id) => this.conversation(id)!).filter((one) => one.outgoing.length > 0 || !isDeleted(this.stored.get(one.id)!))
    all.sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)) || activityOf(b) - activityOf(a) || (a.id < b.id ? -1 : 1))
    return (this.lists = { listed: all.filter(isListed), archived: all.filter((one) => !isListed(one)) })
  }

  find(id: string): StoredConversation | undefined {
    return this.stored.get(id)
  }

  conversation(id: string): Conversation | undefined {
    const row = this.stored.get(id)
    if (!row) return undefined
    const known = this.views.get(id)
    if (known?.row === row) return known.view
    const typing = this.typing.get(id)
    const outgoing = asShown(this.outgoing(id))
    const { lastMessage } = row
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
      unreadMentions: row.unreadMentions ?? 0,
      lastMessage: lastMessage && !this.isOver(lastMessage) ? withPending(lastMessage, this.changesOf(id), this.owner ?? '') : undefined,
      mutedUntil: row.mutedUntil,
      archived: row.archived,
      pinned: row.pinned,
      markedUnread: row.markedUnread,
      clearedUpTo: row.clearedUpTo,
      draft: row.draft,
      activity: row.activity,
      typing: typing ? [...typing.keys()] : none,
      outgoing: outgoing.length > 0 ? outgoing : none,
      timer: this.timerOf(row),
    }
    this.views.set(id, { row, view })
    return view
  }

  /** By the server's clock, ms; by this machine's before it is known. */
  get now(): number {
    return Date.now() + (this.clockOffset ?? 0)
  }

  /** Whether a message is past its time. */
  isOver({ expiresAt }: Message): boolean {
    return expiresAt !== undefined && expiresAt <= this.now
  }

  /** As it will be when the outbox has been sent. */
  private timerOf({ id, timer }: StoredConversation): number | undefined {
    const set = this.changesOf(id).findLast(({ change }) => change.kind === 'timer')?.change
    return (set?.kind === 'timer' ? set.seconds : timer) || undefined
  }

  /** Its messages in the outbox, in the order in which they are sent. */
  outgoing(conversationId: string): Outgoing[] {
    return this.entries(conversationId).filter((item) => !isOutgoingChange(item))
  }

  /** Its changes in the outbox, in the order in which they are sent. */
  changesOf(conversationId: string): OutgoingChange[] {
    return this.entries(conversationId).filter(isOutgoingChange)
  }

  private entries(conversationId: string): OutboxEntry[] {
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
          this.attempted.clear()
        }
        return
      case 'epoch':
        this.epoch = change.epoch
        this.stored.clear()
        this.invalidate()
        this.showOutbox()
        return
      case 'connection':
        this.connection = change.connection
        return
      case 'storage':
        this.storageFailed = change.failed
        return
      case 'clock':
        this.clockOffset = change.offset
        return this.invalidate()
      case 'presence':
        this.presence.set(change.userId, change.presence)
        return
      case 'uploaded':
        this.uploaded.set(change.fileId, change.sent)
        return
      case 'typing':
        this.setTyping(change.conversationId, change.userId, change.active)
        break
      case 'queued':
        if (this.unqueued.has(change.item.clientMsgId)) return
        this.outbox.set(change.item.clientMsgId, change.item)
        // Refused: the server does not have it.
        if (change.item.state === 'failed') this.attempted.delete(change.item.clientMsgId)
        break
      case 'attempted':
        this.attempted.add(change.clientMsgId)
        return
      case 'unqueued':
      case 'sent': {
        const item = this.outbox.get(change.clientMsgId)
        this.outbox.delete(change.clientMsgId)
        this.attempted.delete(change.clientMsgId)
        if (item && !isOutgoingChange(item)) for (const { fileId } of item.files ?? []) this.uploaded.delete(fileId)
        this.rememberUnqueued(change.clientMsgId)
        if (item) this.invalidate(item.conversationId)
        break
      }
      case 'removed':
        return this.left(change.conversationId)
      case 'log':
        // A user who has sent a message has stopped typing it.
        for (const { senderId } of change.messages) this.setTyping(change.conversationId, senderId, false)
        break
    }
    const id = conversationOfChange(change)
    if (id === undefined) return
    const row = nextConversation(this.stored.get(id), change, this.owner ?? '')
    if (row) this.stored.set(id, row)
    else this.stored.delete(id)
    this.invalidate(id)
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

  /** Its outbox entries become failed; without any, it is removed. */
  private left(id: string): void {
    const row = this.stored.get(id)
    const waiting = this.outgoing(id)
    for (const { clientMsgId } of this.changesOf(id)) this.outbox.delete(clientMsgId)
    for (const item of waiting) this.outbox.set(item.clientMsgId, refusedByLeaving(item)!)
    if (waiting[0]) this.stored.set(id, leftConversation(row, waiting[0]))
    else this.stored.delete(id)
    this.invalidate(id)
  }

  /** Outbox entries are shown, also those whose conversation is not known otherwise. */
  private showOutbox(): void {
    if (!this.session) return
    for (const item of this.outbox.values()) {
      if (this.stored.has(item.conversationId)) continue
      this.stored.set(item.conversationId, conversationOfItem(item))
      this.invalidate(item.conversationId)
    }
  }

  private rememberUnqueued(clientMsgId: string): void {
    this.unqueued.add(clientMsgId)
    if (this.unqueued.size > 1_000) this.unqueued.delete(this.unqueued.values().next().value!)
  }

  private invalidate(id?: string): void {
    this.lists = undefined
    if (id === undefined) this.views.clear()
    else this.views.delete(id)
  }

  private forget(): void {
    for (const typing of this.typing.values()) for (const timer of typing.values()) clearTimeout(timer)
    for (const map of [this.stored, this.typing]) map.clear()
    this.invalidate()
  }
}

const isListed = ({ archived, outgoing }: Conversation) => !archived || outgoing.length > 0

const isFirst = (conversation: Conversation) => conversation.pinned === true && isListed(conversation)

// A conversation with a new outbox entry comes first, too.
const activityOf = ({ activity, outgoing }: Conversation) => Math.max(activity, outgoing.at(-1)?.createdAt ?? 0)
