import { conversationOfChange, type Change, type OutboxEntry, type StoredConversation, type Session } from '../changes.ts'
import type { Message } from '../protocol.ts'
import { endsForGood, leftConversation, nextConversation, refusedByLeaving } from '../conversationRules.ts'
import { afterChange, hasTarget, isAsNew } from '../messageState.ts'
import { addRange, type SeqNoRanges } from '../seqNoRanges.ts'
import { MemoryFiles } from './memoryFiles.ts'
import type { ChatStore, StoredState } from './store.ts'

/** Keeps everything while the object lives: for programs that start from nothing each time, and for tests. */
export class MemoryStore implements ChatStore {
  readonly files = new MemoryFiles()
  private session: Session | undefined
  private owner: string | undefined
  private deviceId: string | undefined
  private epoch: string | undefined
  private readonly conversations = new Map<string, StoredConversation>()
  private readonly log = new Map<string, Map<number, Message>>()
  private readonly outbox = new Map<string, OutboxEntry>()
  private readonly keep: number

  /** @param options.keep How many messages of each conversation are kept, the newest ones; default 10,000. */
  constructor({ keep = 10_000 }: { keep?: number } = {}) {
    this.keep = keep
  }

  load(): Promise<StoredState> {
    return Promise.resolve({
      session: this.session,
      owner: this.owner,
      deviceId: this.deviceId,
      epoch: this.epoch,
      conversations: [...this.conversations.values()],
      outbox: [...this.outbox.values()].sort((a, b) => a.order - b.order),
    })
  }

  write(changes: readonly Change[]): Promise<readonly Change[]> {
    if (changes.some(endsForGood)) void this.files.clear()
    for (const change of changes) this.apply(change)
    const grown = new Set(changes.map((change) => (change.type === 'log' ? change.conversationId : undefined)))
    return Promise.resolve([...grown].flatMap((id) => (id === undefined ? [] : this.trim(id))))
  }

  messages(conversationId: string, from: number, to: number, limit: number): Promise<Message[]> {
    const found = [...(this.log.get(conversationId)?.values() ?? [])].filter(({ seqNo }) => from <= seqNo && seqNo <= to)
    return Promise.resolve(found.sort((a, b) => a.seqNo - b.seqNo).slice(-limit))
  }

  makeRoom(): Promise<readonly Change[]> {
    const dropped = [...this.conversations.keys()].map((conversationId): Change => ({ type: 'trimmed', conversationId, below: Infinity }))
    for (const change of dropped) this.apply(change)
    return Promise.resolve(dropped)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  private apply(change: Change): void {
    switch (change.type) {
      case 'signedIn':
        this.session = change.session
        this.owner = change.session.userId
        this.deviceId = change.session.deviceId
        return
      case 'signedOut':
        this.session = undefined
        if (change.reason !== 'expired') this.forget()
        if (change.reason === 'revoked') this.deviceId = undefined
        if (change.reason === 'signedOut') {
          this.owner = undefined
          this.outbox.clear()
        }
        return
      case 'epoch':
        this.epoch = change.epoch
        this.conversations.clear()
        this.log.clear()
        return
      case 'unqueued':
        this.outbox.delete(change.clientMsgId)
        return
      case 'queued':
        this.outbox.set(change.item.clientMsgId, change.item)
        break
      case 'sent':
        this.outbox.delete(change.clientMsgId)
        this.put([change.message])
        break
      case 'log': {
        this.put(change.messages)
        const [from, to] = change.complete ?? [1, 0]
        this.layOn(change, addRange(this.conversations.get(change.conversationId)?.complete ?? [], from, to))
        break
      }
      case 'removed':
        this.log.delete(change.conversationId)
        return this.left(change.conversationId)
      case 'settings':
        this.deleteBelow(change.conversationId, (change.clearedUpTo ?? 0) + 1)
        break
      case 'listed':
        this.deleteBelow(change.summary.conversationId, (change.summary.clearedUpTo ?? 0) + 1)
        break
      case 'expired':
        for (const seqNo of change.seqNos) this.log.get(change.conversationId)?.delete(seqNo)
        break
      case 'trimmed':
        this.deleteBelow(change.conversationId, change.below)
        break
    }
    const id = conversationOfChange(change)
    if (id === undefined) return
    const row = nextConversation(this.conversations.get(id), change, this.owner ?? '')
    if (row) this.conversations.set(id, row)
    else this.conversations.delete(id)
  }

  private deleteBelow(conversationId: string, below: number): void {
    const log = this.log.get(conversationId)
    for (const seqNo of log?.keys() ?? []) if (seqNo < below) log!.delete(seqNo)
  }

  private left(id: string): void {
    const row = this.conversations.get(id)
    const waiting = [...this.outbox.values()].filter(({ conversationId }) => conversationId === id)
    const refused = waiting.flatMap((item) => refusedByLeaving(item) ?? [])
    for (const { clientMsgId } of waiting) this.outbox.delete(clientMsgId)
    for (const item of refused) this.outbox.set(item.clientMsgId, item)
    if (refused[0]) this.conversations.set(id, leftConversation(row, refused[0]))
    else this.conversations.delete(id)
  }

  private put(messages: readonly Message[]): void {
    for (const message of messages) {
      // Cleared while it was on its way.
      if (message.seqNo <= (this.conversations.get(message.conversationId)?.clearedUpTo ?? 0)) continue
      let log = this.log.get(message.conversationId)
      if (!log) this.log.set(message.conversationId, (log = new Map()))
      if (isAsNew(message, log.get(message.seqNo))) log.set(message.seqNo, message)
    }
  }

  private layOn({ conversationId, changes = [] }: Extract<Change, { type: 'log' }>, complete: SeqNoRanges): void {
    const log = this.log.get(conversationId)
    for (const change of changes) {
      if (!hasTarget(change)) continue
      const { seqNo } = change.target
      const after = afterChange(log?.get(seqNo), change, complete, this.owner ?? '')
      if (after === 'incomplete') log!.delete(seqNo)
      else if (after) log!.set(seqNo, after)
    }
  }

  private trim(conversationId: string): Change[] {
    const log = this.log.get(conversationId)
    // Only when it is a tenth more, so that not every message causes a sort.
    if (!log || log.size <= this.keep * 1.1) return []
    const below = [...log.keys()].sort((a, b) => b - a)[this.keep - 1]!
    const change: Change = { type: 'trimmed', conversationId, below }
    this.apply(change)
    return [change]
  }

  private forget(): void {
    this.epoch = undefined
    this.conversations.clear()
    this.log.clear()
  }
}
