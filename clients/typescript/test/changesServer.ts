import type { ChangeContent, ClientFrame, Message, MessageChange, Page, ServerFrame } from '../src/protocol.ts'
import { direct } from './rig.ts'

type Entry = { readonly seqNo: number; readonly by: string; readonly clientMsgId?: string; readonly fromHere: boolean } & (
  | { readonly kind: 'message'; readonly text: string; readonly mentions?: readonly string[]; readonly root?: number }
  | { readonly kind: 'change'; readonly target: number; readonly change: ChangeContent }
)
type Refusal = 'not_a_member' | 'bad_request' | 'conflict'

/** A server's log of one conversation, which folds it by the contract's words alone (docs/protocol.md, Changes to messages), and what it sends of it. */
export class LogOfChanges {
  readonly entries: Entry[] = []
  private next = 1

  get head(): number {
    return this.entries.at(-1)?.seqNo ?? 0
  }

  /** @param skip How many numbers stay unused below it. */
  write(by: string, text: string, skip = 0, clientMsgId?: string, fromHere = false, said: { mentions?: readonly string[]; root?: number } = {}): number {
    return this.add({ kind: 'message', by, text, clientMsgId, fromHere, ...said }, skip)
  }

  /** Whether a message may begin a thread. */
  mayBegin(seqNo: number): boolean {
    const entry = this.entries.find((one) => one.seqNo === seqNo)
    return entry?.kind === 'message' && entry.root === undefined
  }

  /** @returns The entry's seqNo, of an earlier one where it is so already; a refusal otherwise. */
  change(by: string, target: number, change: ChangeContent, clientMsgId?: string, fromHere = false, skip = 0): number | Refusal {
    const entry = this.entries.find(({ seqNo }) => seqNo === target)
    if (entry?.kind !== 'message') return 'not_a_member'
    const state = this.state(target)
    const earlier = this.of(target).filter((one) => sameThing(one.change, change) && (change.kind !== 'react' || one.by === by)).at(-1)
    if (change.kind === 'delete') {
      if (state.deleted) return earlier!.seqNo
    } else if (state.deleted) return 'conflict'
    else if (change.kind === 'edit') {
      if (change.text === state.text && (change.mentions === undefined || `${change.mentions}` === `${state.mentions ?? []}`)) return 'bad_request'
    } else if ((earlier?.change as { on?: boolean } | undefined)?.on === change.on) return earlier!.seqNo
    else if (!earlier && !change.on) return 'conflict'
    return this.add({ kind: 'change', by, target, change, clientMsgId, fromHere }, skip)
  }

  /** A message in its present state, as alice sees it. */
  state(seqNo: number): Message {
    const entry = this.entries.find((one) => one.seqNo === seqNo) as Extract<Entry, { kind: 'message' }>
    const thread = this.threadOf(seqNo)
    const place = {
      messageId: `m${seqNo}`, conversationId: direct, seqNo, senderId: entry.by, timestamp: 1000 + seqNo, ...named(entry), ...inThread(entry), ...(thread && { thread: thread.shown }),
    }
    const changes = this.of(seqNo)
    const changedSeqNo = Math.max(changes.at(-1)?.seqNo ?? 0, thread?.changedSeqNo ?? 0)
    const changed = changedSeqNo > 0 ? { changedSeqNo } : {}
    const deletion = changes.find(({ change }) => change.kind === 'delete')
    if (deletion) return { ...place, text: '', deleted: { by: deletion.by, at: 1000 + deletion.seqNo }, ...changed }
    const mentions = changes.reduce((before, { change }) => (change.kind === 'edit' ? (change.mentions ?? before) : before), entry.mentions ?? [])
    const edit = changes.findLast(({ change }) => change.kind === 'edit')
    const pin = changes.findLast(({ change }) => change.kind === 'pin')
    const reactions: { emoji: string; by: string[] }[] = []
    for (const { by, change } of changes) {
      if (change.kind !== 'react') continue
      const known = reactions.find(({ emoji }) => emoji === change.emoji)
      if (change.on && known) known.by.push(by)
      else if (change.on) reactions.push({ emoji: change.emoji, by: [by] })
      else if (known!.by.length > 1) known!.by.splice(known!.by.indexOf(by), 1)
      else reactions.splice(reactions.indexOf(known!), 1)
    }
    return {
      ...place,
      ...(mentions.length > 0 && { mentions }),
      text: edit?.change.kind === 'edit' ? edit.change.text : entry.text,
      ...(edit && { editedAt: 1000 + edit.seqNo }),
      ...(reactions.length > 0 && {
        reactions: reactions.map(({ emoji, by }) => ({ emoji, count: by.length, ...(by.includes('alice') && { mine: true }), userIds: by.slice(0, 3) })),
      }),
      ...(pin?.change.kind === 'pin' && pin.change.on && { pinned: true }),
      ...changed,
    }
  }

  private threadOf(root: number) {
    const all = this.entries.filter((entry) => entry.kind === 'message' && entry.root === root)
    if (all.length === 0) return undefined
    const deletions = all.flatMap(({ seqNo }) => this.of(seqNo).filter(({ change }) => change.kind === 'delete'))
    return {
      shown: { count: all.length - deletions.length, lastSeqNo: all.at(-1)!.seqNo, userIds: [...new Set(all.map(({ by }) => by))].slice(0, 3) },
      changedSeqNo: Math.max(all.at(-1)!.seqNo, ...deletions.map(({ seqNo }) => seqNo)),
    }
  }

  get messages(): Message[] {
    return this.entries.filter(({ kind }) => kind === 'message').map(({ seqNo }) => this.state(seqNo))
  }

  frameOf(entry: Entry): ServerFrame {
    if (entry.kind === 'message') return { type: 'message', ...this.state(entry.seqNo) }
    return { type: 'change', ...this.changeOf(entry) }
  }

  /** What a drain sends above a cursor: not what is in the state of a message that it sends. */
  drain(above: number): ServerFrame[] {
    const waiting = this.entries.filter(({ seqNo }) => seqNo > above)
    const isInState = (target: number) => (this.entries.find(({ seqNo }) => seqNo === target) as Extract<Entry, { kind: 'message' }>).root ?? target
    return waiting.filter((entry) => entry.kind === 'message' || isInState(entry.target) <= above || entry.target <= above).map((entry) => this.frameOf(entry))
  }

  page(query: URLSearchParams, most: number): Page {
    const limit = Math.min(most, Number(query.get('limit')))
    const before = query.get('before')
    const found = before === null
      ? this.entries.filter(({ seqNo }) => seqNo > Number(query.get('after') ?? 0)).slice(0, limit)
      : this.entries.filter(({ seqNo }) => seqNo < Number(before)).slice(-limit)
    const lowest = found[0]?.seqNo ?? 1
    const isFirst = this.entries[0] === undefined || lowest <= this.entries[0].seqNo
    const changes = found.flatMap((entry) => (entry.kind === 'change' ? [this.changeOf(entry)] : []))
    return {
      conversationId: direct,
      messages: found.flatMap((entry) => (entry.kind === 'message' ? [this.state(entry.seqNo)] : [])),
      ...(changes.length > 0 && { changes }),
      ...(before === null ? { nextAfter: found.length < limit ? this.head : found.at(-1)!.seqNo } : !isFirst && { nextBefore: lowest }),
      maxSeqNo: this.head,
    }
  }

  /** Does what alice's client asks. @returns The answer. */
  take(frame: ClientFrame): ServerFrame | undefined {
    if (!('clientMsgId' in frame)) return undefined
    const { clientMsgId } = frame
    if (frame.type === 'timer') return undefined
    const done = this.entries.find((entry) => entry.by === 'alice' && entry.clientMsgId === clientMsgId)
    const target = 'messageId' in frame ? Number(frame.messageId.slice(1)) : 0
    const seqNo = done?.seqNo ?? (frame.type === 'message' ? this.write('alice', frame.text, 0, clientMsgId, true, { mentions: frame.mentions, root: frame.threadSeqNo }) : this.change('alice', target, contentOf(frame), clientMsgId, true))
    if (typeof seqNo === 'string') return { type: 'error', code: seqNo, message: 'No.', clientMsgId }
    return { type: 'ack', clientMsgId, messageId: `m${seqNo}`, conversationId: direct, seqNo, timestamp: 1000 + seqNo, status: 'sent' }
  }

  private of(target: number): Extract<Entry, { kind: 'change' }>[] {
    return this.entries.filter((entry) => entry.kind === 'change' && entry.target === target) as Extract<Entry, { kind: 'change' }>[]
  }

  private changeOf(entry: Extract<Entry, { kind: 'change' }>): MessageChange {
    const { seqNo, target, change, by } = entry
    const deleted = change.kind === 'delete' ? inThread(this.entries.find((one) => one.seqNo === target)!) : {}
    return { ...change, ...deleted, messageId: `m${seqNo}`, conversationId: direct, seqNo, senderId: by, timestamp: 1000 + seqNo, target: { messageId: `m${target}`, seqNo: target }, ...named(entry) }
  }

  private add<T extends object>(entry: T, skip: number): number {
    const seqNo = (this.next += skip)
    this.entries.push({ ...entry, seqNo } as unknown as Entry)
    this.next++
    return seqNo
  }
}

const named = ({ by, clientMsgId }: Entry) => (by === 'alice' && clientMsgId !== undefined ? { clientMsgId } : {})

const inThread = (entry: Entry) => (entry.kind === 'message' && entry.root !== undefined ? { threadId: `m${entry.root}`, threadSeqNo: entry.root } : {})

const sameThing = (one: ChangeContent, other: ChangeContent) => one.kind === other.kind && (one.kind !== 'react' || other.kind !== 'react' || one.emoji === other.emoji)

function contentOf(frame: Extract<ClientFrame, { messageId: string }>): ChangeContent {
  if (frame.type === 'edit') return { kind: 'edit', text: frame.text, ...(frame.mentions && { mentions: frame.mentions }) }
  if (frame.type === 'react') return { kind: 'react', emoji: frame.emoji, on: frame.on }
  return frame.type === 'pin' ? { kind: 'pin', on: frame.on } : { kind: 'delete' }
}
