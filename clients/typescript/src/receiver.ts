import { DelayedAcks } from './delayedAcks.ts'
import { type Change, isOutgoingChange, type OutboxEntry, type StoredConversation } from './changes.ts'
import { contentOf } from './content.ts'
import { ChatError } from './errors.ts'
import { timeOrderedId } from './ids.ts'
import { timerAt } from './expiry.ts'
import { changesOfThreads, hasTarget } from './messageState.ts'
import { isDeleted } from './ownSettings.ts'
import { followUp } from './pending.ts'
import { type ClientFrame, type Message, type MessageChange, messageOf, type MessageOnWire, noticeOf, type Receipt, type SentAck, type ServerFrame } from './protocol.ts'
import type { State } from './state.ts'

/** Before a write that failed is tried again, ms. */
const storagePause = 5_000

export interface ReceiverEvents {
  commit(changes: Change[]): Promise<void>
  send(frame: ClientFrame): boolean
  /** A message of the store. */
  stored(conversationId: string, seqNo: number): Promise<Message | undefined>
  /** The conversation list may have changed. */
  listChanged(): void
  caughtUp(): void
  /** A message was deleted, perhaps by somebody else a moment before: asks the server by whom. */
  deleted(conversationId: string, messageId: string): void
  /** An outbox entry as it was sent. */
  asSent(item: OutboxEntry): OutboxEntry
  answered(clientMsgId: string): void
  refused(clientMsgId: string, error: ChatError): Promise<void>
}

const withThreads = (messages: readonly Message[]) => {
  const changes = changesOfThreads(messages)
  return changes.length > 0 ? { changes } : {}
}

const isDeletedRow = (row: StoredConversation | undefined): boolean => row !== undefined && isDeleted(row)

/** Of how many own messages the places are remembered, by conversation. */
const rememberedOwn = 50

/** An entry of a conversation's log. */
type EntryOnWire = MessageOnWire | ({ readonly type: 'change' } & MessageChange)

/**
 * Takes what the server sends, in batches: stores it, then shows it, then acks it. Works in the leading tab.
 */
export class Receiver {
  private readonly state: State
  private readonly on: ReceiverEvents
  private readonly acks: DelayedAcks
  private queue: ServerFrame[] = []
  private busy = false
  /** The connection's number: frames of an older one are dropped. */
  private connection = 0
  /** Conversations with an entry since this connection, or its last drain, began: the next one follows directly on that. */
  private readonly followed = new Set<string>()
  /** By conversation, the highest acked seqNo whose message is not in the store: no later message may complete the range up to it. */
  private readonly missed = new Map<string, number>()

  /** By conversation, where own messages came to stand on this connection: a timer that was set before may come later, and they expire by it. */
  private readonly own = new Map<string, number[]>()

  constructor(state: State, on: ReceiverEvents) {
    this.state = state
    this.on = on
    this.acks = new DelayedAcks((frame) => on.send(frame))
  }

  opened(): void {
    this.connection++
    this.queue = []
    this.acks.clear()
    this.followed.clear()
    this.missed.clear()
    this.own.clear()
  }

  /** The connection is about to be closed: sends the acks that wait. */
  closing(): void {
    this.acks.flush()
  }

  take(frame: ServerFrame): void {
    this.queue.push(frame)
    if (!this.busy) void this.work()
  }

  private async work(): Promise<void> {
    this.busy = true
    while (this.queue.length > 0) {
      const frames = this.queue
      this.queue = []
      const { connection } = this
      while (frames.length > 0 && connection === this.connection) {
        const end = frames.findIndex(({ type }) => type !== 'message' && type !== 'change')
        const entries = frames.splice(0, end < 0 ? frames.length : end) as EntryOnWire[]
        if (entries.length > 0) await this.untilStored(connection, () => this.entries(entries))
        const other = frames.shift()
        if (other) await this.untilStored(connection, () => this.frame(other))
      }
    }
    this.busy = false
  }

  /** Repeats work until the store takes it: what is not stored is not acked, and the server sends no more than its window. */
  private async untilStored(connection: number, work: () => Promise<void>): Promise<void> {
    while (connection === this.connection) {
      try {
        return await work()
      } catch {
        await new Promise((over) => setTimeout(over, storagePause))
      }
    }
  }

  private async entries(frames: readonly EntryOnWire[]): Promise<void> {
    const changes: Change[] = []
    const acks = new Map<string, number>()
    const follows = (id: string) => this.followed.has(id) || acks.has(id)
    for (const frame of frames) {
      const { conversationId, seqNo, senderId, clientMsgId } = frame
      const acked = Math.max(this.state.find(conversationId)?.ackedSeqNo ?? 0, acks.get(conversationId) ?? 0)
      // Where the server began is not known before the first message; it continues above what was acked. A message sent again completes only itself.
      const below = Math.max(acked, this.missed.get(conversationId) ?? 0)
      const from = follows(conversationId) && below < seqNo ? below + 1 : seqNo
      acks.set(conversationId, Math.max(acked, seqNo))
      const own = senderId === this.state.owner && clientMsgId !== undefined ? this.state.outbox.get(clientMsgId) : undefined
      const place = { type: 'log' as const, conversationId, complete: [from, seqNo] as const, acked: acks.get(conversationId) }
      if (frame.type === 'change') {
        const { type: _, ...change } = frame
        changes.push({ ...place, messages: [], changes: [change, ...changesOfThreads([], [change])] })
        if (noticeOf(change)?.seconds !== undefined)
          for (const at of this.own.get(conversationId) ?? []) if (at > seqNo) changes.push(this.toFetch(conversationId, at))
        if (own) changes.push({ type: 'unqueued', clientMsgId: own.clientMsgId }, ...(await this.ifLaidOnLate([change, ...changesOfThreads([], [change])])))
      } else {
        const message = messageOf(frame)
        if (own) changes.push(...(await this.isInLog(own, message)))
        changes.push({ ...place, messages: [message], ...withThreads([message]) })
      }
    }
    const ids = [...acks.keys()]
    const unknown = ids.some((id) => this.state.find(id) === undefined)
    const deleted = this.deletedOf(ids)
    await this.on.commit(changes)
    for (const [conversationId, seqNo] of acks) {
      this.followed.add(conversationId)
      this.acks.add(conversationId, seqNo, frames.filter((frame) => frame.conversationId === conversationId).length)
    }
    for (const change of changes) if (change.type === 'sent' || change.type === 'unqueued') this.on.answered(change.clientMsgId)
    if (unknown || this.areBack(deleted)) this.on.listChanged()
  }

  private async frame(frame: ServerFrame): Promise<void> {
    switch (frame.type) {
      case 'welcome':
        if (frame.epoch !== this.state.epoch) await this.on.commit([{ type: 'epoch', epoch: frame.epoch }])
        return this.on.commit([{ type: 'clock', offset: frame.serverTime - Date.now() }])
      case 'ack':
        return 'clientMsgId' in frame && frame.status === 'sent' ? this.sent(frame) : this.receipt(frame as Receipt)
      case 'typing':
        return this.on.commit([{ type: 'typing', conversationId: frame.conversationId, userId: frame.userId, active: frame.active }])
      case 'presence':
        return this.on.commit([{ type: 'presence', userId: frame.userId, presence: { online: frame.online, lastSeen: frame.lastSeen } }])
      case 'advanced':
        await this.on.commit([{ type: 'advanced', conversationId: frame.conversationId, maxSeqNo: frame.maxSeqNo }])
        return this.on.listChanged()
      case 'conversation':
        if (frame.change === 'memberRemoved' && frame.userId === this.state.owner)
          return this.on.commit([{ type: 'removed', conversationId: frame.conversationId }])
        this.on.listChanged()
        return this.on.commit([{ type: 'group', conversationId: frame.conversationId }])
      case 'settings':
        // Of a conversation that was deleted, and is not here.
        if (frame.archived === false && !this.state.find(frame.conversationId)) this.on.listChanged()
        return this.on.commit([frame])
      case 'resync':
        this.followed.clear()
        return
      case 'caughtUp':
        this.acks.flush()
        return this.on.caughtUp()
      case 'error':
        if (frame.clientMsgId !== undefined) await this.on.refused(frame.clientMsgId, new ChatError(frame.code, frame.message, frame.retryAfterMs))
        return
    }
  }

  private deletedOf(ids: readonly string[]): string[] {
    return ids.filter((id) => isDeletedRow(this.state.find(id)))
  }

  /** Whether one of these deleted conversations is there again: what was set for it meanwhile is in the list. */
  private areBack(deleted: readonly string[]): boolean {
    return deleted.some((id) => !isDeletedRow(this.state.find(id)))
  }

  private async sent({ clientMsgId, messageId, conversationId, seqNo, timestamp }: SentAck): Promise<void> {
    const item = this.state.outbox.get(clientMsgId)
    const place = { messageId, conversationId, seqNo, senderId: this.state.owner ?? '', timestamp, clientMsgId }
    const deleted = this.deletedOf([conversationId])
    if (item && isOutgoingChange(item) && item.change.kind === 'timer') {
      const entry = { ...item.change, ...place } as unknown as MessageChange
      await this.on.commit([{ type: 'unqueued', clientMsgId }, { type: 'log', conversationId, messages: [], changes: [entry], complete: [seqNo, seqNo] }])
    } else if (item && isOutgoingChange(item)) {
      const change = { ...item.change, ...item.thread, ...place, target: item.target! } as MessageChange
      const made = [change, ...changesOfThreads([], [change])]
      const late = await this.ifLaidOnLate(made)
      await this.on.commit([{ type: 'unqueued', clientMsgId }, { type: 'log', conversationId, messages: [], changes: made, complete: [seqNo, seqNo] }, ...late])
      if (change.kind === 'delete') this.on.deleted(conversationId, change.target.messageId)
    } else if (item) {
      // Changes of it may have come before its ack, and were dropped.
      const isLate = (this.state.find(conversationId)?.maxSeqNo ?? 0) > seqNo
      const seconds = timerAt(this.state.find(conversationId), seqNo)
      const expires = seconds === undefined ? {} : { expiresAt: timestamp + seconds * 1_000 }
      this.own.set(conversationId, [...(this.own.get(conversationId) ?? []), seqNo].slice(-rememberedOwn))
      await this.on.commit([...(await this.isInLog(item, { ...contentOf(this.on.asSent(item)), ...place, ...expires })), ...(isLate ? [this.toFetch(conversationId, seqNo)] : [])])
    } else if (!(await this.on.stored(conversationId, seqNo))) {
      // It was discarded while it was being sent.
      await this.on.commit([this.toFetch(conversationId, seqNo)])
    }
    this.on.answered(clientMsgId)
    if (this.areBack(deleted)) this.on.listChanged()
  }

  /** No frame brings an own change to this device while its answer is on its way: if later ones were laid on without it, its message is fetched. */
  private async ifLaidOnLate(changes: readonly MessageChange[]): Promise<Change[]> {
    const late: Change[] = []
    for (const { conversationId, target, seqNo } of changes.filter(hasTarget)) {
      const held = await this.on.stored(conversationId, target.seqNo)
      if ((held?.changedSeqNo ?? 0) > seqNo) late.push(this.toFetch(conversationId, target.seqNo))
    }
    return late
  }

  private toFetch(conversationId: string, seqNo: number): Change {
    this.missed.set(conversationId, Math.max(seqNo, this.missed.get(conversationId) ?? 0))
    return { type: 'missed', conversationId, seqNo }
  }

  /** A message of the outbox is in the log, as it was sent. */
  private async isInLog(item: OutboxEntry, message: Message): Promise<Change[]> {
    const { clientMsgId } = item
    const { conversationId, seqNo } = message
    const threads = changesOfThreads([message])
    const log: Change[] = threads.length > 0 ? [{ type: 'log', conversationId, messages: [], changes: threads, complete: [seqNo, seqNo] }] : []
    return [{ type: 'sent', clientMsgId, message }, ...log, ...(await this.ifLaidOnLate(threads)), ...followUp(item, message, timeOrderedId).map((item): Change => ({ type: 'queued', item }))]
  }

  private async receipt({ conversationId, userId, seqNo, status }: Receipt): Promise<void> {
    if (userId !== this.state.owner) return this.on.commit([{ type: 'receipt', conversationId, userId, cursors: { [status]: seqNo } }])
    // The user has read it on another device.
    if (status === 'read') await this.on.commit([{ type: 'read', conversationId, seqNo, unsent: false }])
  }
}
