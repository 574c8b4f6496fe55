import { type Change, isOutgoingChange, type OutboxEntry, type Outgoing, type OutgoingChange, type OutgoingFile } from './changes.ts'
import { contentOf, type MessageContent } from './content.ts'
import { ChatError } from './errors.ts'
import { conversationOf, timeOrderedId } from './ids.ts'
import { type ChangeContent, type ClientFrame, type Message, referenceTo, timerRange } from './protocol.ts'
import type { State } from './state.ts'

/** The largest text, bytes of UTF-8 (protocol, Words). */
export const maxTextBytes = 16_384
/** What a message says as JSON, so that its frame is within the server's 64 KiB: a control character is six bytes there. */
const maxJsonBytes = 64_000
/** Most media of one message (protocol, Media). */
export const maxMedia = 10
/** Most users that a message mentions (protocol, Mentions). */
export const maxMentions = 50
/** Most entries in the outbox; more are refused. */
const maxOutbox = 1_000
/** Without an ack a message is sent again after this, with the same clientMsgId, ms. */
const ackTimeout = 15_000
/** Before what was refused for now is sent again, if the server does not say, ms. */
const defaultPause = 1_000

/**
 * A new outbox entry.
 * @throws ChatError `unauthenticated`, and for what cannot be sent: see `ChatClient.send`.
 */
export function outgoing(state: State, to: string, content: MessageContent, files: readonly OutgoingFile[] = []): Outgoing {
  const mine = entry(state)
  checkContent(content, files.length)
  return {
    ...content,
    ...mine,
    conversationId: conversationOf(to, state.session!.userId),
    state: files.length > 0 ? 'uploading' : 'waiting',
    ...(files.length > 0 && { files }),
  }
}

/** A new outbox entry that changes a message. @throws ChatError as `outgoing` does. */
export function outgoingChange(state: State, { conversationId, messageId, seqNo, threadId, threadSeqNo, changedSeqNo = 0 }: Message, change: ChangeContent): OutgoingChange {
  const basedOn = change.kind === 'edit' ? { basedOn: changedSeqNo } : {}
  const thread = change.kind === 'delete' && threadId !== undefined && threadSeqNo !== undefined ? { thread: { threadId, threadSeqNo } } : {}
  return { ...entry(state), conversationId, state: 'changing', text: '', target: { messageId, seqNo }, ...basedOn, change, ...thread }
}

/** A new outbox entry that sets a conversation's timer. @throws ChatError `bad_request` for what the server does not take; as `outgoing` does. */
export function outgoingTimer(state: State, conversationId: string, seconds: number): OutgoingChange {
  const { least, most } = timerRange
  if (seconds !== 0 && !(Number.isInteger(seconds) && seconds >= least && seconds <= most)) throw new ChatError('bad_request', `A timer is ${least} seconds to 365 days, or 0.`)
  return { ...entry(state), conversationId, state: 'changing', text: '', change: { kind: 'timer', seconds } }
}

/** @param files How many it takes along besides its media. @throws ChatError `bad_request`, `too_large` for what no message can be. */
export function checkContent(content: MessageContent, files: number): void {
  const { text } = content
  const mediaCount = files + (content.media?.length ?? 0)
  if ((text === '' && mediaCount === 0) || !text.isWellFormed()) throw new ChatError('bad_request', 'A message needs text or a file.')
  if (mediaCount > maxMedia) throw new ChatError('too_large', `A message takes ${maxMedia} files at most.`)
  if ((content.mentions?.length ?? 0) > maxMentions) throw new ChatError('bad_request', `A message mentions ${maxMentions} users at most.`)
  const bytes = (of: string) => new TextEncoder().encode(of).length
  if (bytes(text) > maxTextBytes || bytes(JSON.stringify(content)) > maxJsonBytes) throw new ChatError('too_large', 'The message is too long.')
}

function entry({ session, outbox }: State): Pick<OutboxEntry, 'clientMsgId' | 'createdAt' | 'order'> {
  if (!session) throw new ChatError('unauthenticated', 'Nobody is signed in.')
  if (outbox.size >= maxOutbox) throw new ChatError('rate_limited', `${maxOutbox} messages wait already.`)
  const last = Math.max(0, ...[...outbox.values()].map(({ order }) => order))
  return { clientMsgId: timeOrderedId(), createdAt: Date.now(), order: Math.max(last + 1, Date.now()) }
}

const changeFrame = ({ clientMsgId, conversationId: to, target, basedOn = 0, change }: OutgoingChange): ClientFrame => {
  if (change.kind === 'timer') return { type: 'timer', to, seconds: change.seconds, clientMsgId }
  const { messageId } = target!
  switch (change.kind) {
    case 'edit':
      return { type: 'edit', to, messageId, text: change.text, ...(change.mentions && { mentions: change.mentions }), basedOn, clientMsgId }
    case 'delete':
      return { type: 'delete', to, messageId, clientMsgId }
    case 'react':
      return { type: 'react', to, messageId, emoji: change.emoji, on: change.on, clientMsgId }
    case 'pin':
      return { type: 'pin', to, messageId, on: change.on, clientMsgId }
  }
}

const frameOf = (item: OutboxEntry): ClientFrame => {
  if (isOutgoingChange(item)) return changeFrame(item)
  const { media, ...said } = contentOf(item)
  const { clientMsgId, conversationId } = item
  return { type: 'message', to: conversationId, clientMsgId, ...said, ...(media?.length && { mediaIds: media.map(referenceTo) }) }
}

/**
 * Sends what waits, one message of a conversation at a time, so that messages are stored in the order written also when one between them is
 * refused. One whose files are still being uploaded lets the next ones pass. Works in the leading tab.
 */
export class Outbox {
  private readonly state: State
  private readonly send: (frame: ClientFrame) => boolean
  private readonly commit: (changes: Change[]) => Promise<void>
  /** By conversation: what was sent on this connection and has no answer yet, and the timer that gives up waiting for it. */
  private readonly inFlight = new Map<string, { clientMsgId: string; late: ReturnType<typeof setTimeout> }>()
  /** What was first sent of an entry: the server keeps that, whatever became of the entry since. */
  private readonly first = new Map<string, OutboxEntry>()
  /** Set while the server wants a pause. */
  private paused: ReturnType<typeof setTimeout> | undefined

  constructor(state: State, send: (frame: ClientFrame) => boolean, commit: (changes: Change[]) => Promise<void>) {
    this.state = state
    this.send = send
    this.commit = commit
  }

  /** A new connection: what was sent on the last one gets no answer. */
  opened(): void {
    this.stop()
    this.pump()
  }

  stop(): void {
    clearTimeout(this.paused)
    this.paused = undefined
    for (const { late } of this.inFlight.values()) clearTimeout(late)
    this.inFlight.clear()
  }

  /** Sends what can go now. */
  pump(): void {
    if (this.paused) return
    for (const clientMsgId of this.first.keys()) if (!this.state.outbox.has(clientMsgId)) this.first.delete(clientMsgId)
    const first = new Map<string, OutboxEntry>()
    for (const item of this.state.outbox.values()) {
      if ((item.state !== 'waiting' && item.state !== 'changing') || this.inFlight.has(item.conversationId)) continue
      const known = first.get(item.conversationId)
      if (!known || item.order < known.order) first.set(item.conversationId, item)
    }
    for (const item of first.values()) {
      const { clientMsgId, conversationId } = item
      if (!this.send(frameOf(item))) return
      if (!this.first.has(clientMsgId)) this.first.set(clientMsgId, item)
      if (!this.state.attempted.has(clientMsgId)) void this.commit([{ type: 'attempted', clientMsgId }])
      const late = setTimeout(() => this.release(clientMsgId), ackTimeout)
      this.inFlight.set(conversationId, { clientMsgId, late })
    }
  }

  /** An outbox entry as the server has it. */
  asSent(item: OutboxEntry): OutboxEntry {
    return this.first.get(item.clientMsgId) ?? item
  }

  /** It is no longer in flight: acked, refused, or its ack did not come in time. What still waits is sent, or sent again. */
  release(clientMsgId: string): void {
    for (const [conversationId, flight] of this.inFlight) {
      if (flight.clientMsgId !== clientMsgId) continue
      clearTimeout(flight.late)
      this.inFlight.delete(conversationId)
    }
    this.pump()
  }

  /** The server has refused it: for now, or for good. */
  async refused(clientMsgId: string, error: ChatError): Promise<void> {
    const item = this.state.outbox.get(clientMsgId)
    if (!item) return this.release(clientMsgId)
    if (error.isTransient || error.code === 'token_expired' || error.code === 'unauthenticated') {
      clearTimeout(this.paused)
      this.paused = setTimeout(() => {
        this.paused = undefined
        this.pump()
      }, error.retryAfterMs ?? defaultPause)
    } else {
      const { code, message } = error
      this.first.delete(clientMsgId)
      await this.commit(afterRefusal(item, { code, message }))
    }
    this.release(clientMsgId)
  }
}

/** A change is taken back, and so is a message that was deleted meanwhile; another message waits for the user. */
function afterRefusal(item: OutboxEntry, error: NonNullable<Outgoing['error']>): Change[] {
  const { clientMsgId, conversationId } = item
  if (isOutgoingChange(item)) return [{ type: 'unqueued', clientMsgId }, { type: 'refused', conversationId, item, error }]
  if (item.then === undefined) return [{ type: 'queued', item: { ...item, state: 'failed', error } }]
  if ('deleted' in item.then) return [{ type: 'unqueued', clientMsgId }]
  const { then, ...rest } = item
  return [{ type: 'queued', item: { ...rest, text: then.text, state: 'failed', error } }]
}
