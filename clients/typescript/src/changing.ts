import { type Change, isOutgoingChange, type Outgoing } from './changes.ts'
import { ChatError } from './errors.ts'
import { checkContent, outgoingChange, outgoingTimer } from './outbox.ts'
import { replaced, sameMentions } from './pending.ts'
import type { ChangeContent, Message } from './protocol.ts'
import type { Runtime } from './runtime.ts'

/** What the user makes of messages, sent or not: it waits in the outbox, and is shown at once. */
export class Changing {
  private readonly runtime: Pick<Runtime, 'state' | 'journal' | 'timelines'>

  constructor(runtime: Changing['runtime']) {
    this.runtime = runtime
  }

  async edit(message: Message | Outgoing, text: string, mentions?: readonly string[]): Promise<void> {
    const { state, journal } = this.runtime
    if ('seqNo' in message) {
      checkContent({ text, media: message.media, mentions }, 0)
      const isSame = mentions === undefined || sameMentions(mentions, message.mentions)
      if (text !== message.text || !isSame) await this.change(message, { kind: 'edit', text, ...(!isSame && { mentions }) })
      return
    }
    const { item, sent } = this.find(message)
    if (sent) return this.edit(sent, text, mentions)
    if (!item) throw new ChatError('not_found', 'The message is not in the outbox any more.')
    checkContent({ text, media: item.media, mentions }, item.files?.length ?? 0)
    const said = { text, ...(mentions && { mentions }) }
    const isSent = state.attempted.has(item.clientMsgId)
    await journal.commit([{ type: 'queued', item: isSent ? { ...item, then: said } : { ...item, ...said } }])
  }

  async delete(message: Message | Outgoing): Promise<void> {
    if ('seqNo' in message) return this.change(message, { kind: 'delete' })
    const { item, sent } = this.find(message)
    if (sent) return this.delete(sent)
    if (!item) return
    if (!this.runtime.state.attempted.has(item.clientMsgId)) return this.discard(item.clientMsgId)
    await this.runtime.journal.commit([{ type: 'queued', item: { ...item, then: { deleted: true } } }])
  }

  async change(message: Message, change: ChangeContent): Promise<void> {
    const { state, journal } = this.runtime
    const { gone, isNeeded } = replaced(state.changesOf(message.conversationId), message.messageId, change, state.attempted)
    const changes: Change[] = gone.map((clientMsgId) => ({ type: 'unqueued', clientMsgId }))
    if (isNeeded) changes.push({ type: 'queued', item: outgoingChange(state, message, change) })
    if (changes.length > 0) await journal.commit(changes)
  }

  /** @throws ChatError as `outgoingTimer` does. */
  async setTimer(conversationId: string, seconds: number): Promise<void> {
    const { state, journal } = this.runtime
    const item = outgoingTimer(state, conversationId, seconds)
    if ((state.conversation(conversationId)?.timer ?? 0) === seconds) return
    const { gone } = replaced(state.changesOf(conversationId), undefined, item.change, state.attempted)
    await journal.commit([...gone.map((clientMsgId): Change => ({ type: 'unqueued', clientMsgId })), { type: 'queued', item }])
  }

  async discard(clientMsgId: string): Promise<void> {
    const { state, journal } = this.runtime
    const item = state.outbox.get(clientMsgId)
    if (!item) return
    const { conversationId } = item
    // A conversation that the user has left is shown only for its unsent messages.
    const isLast = state.find(conversationId)?.left === true && state.outgoing(conversationId).length === 1
    await journal.commit([{ type: 'unqueued', clientMsgId }, ...(isLast ? [{ type: 'removed' as const, conversationId }] : [])])
  }

  /** The outbox entry as it is now, or the message that it has become. */
  private find({ clientMsgId }: Outgoing): { item?: Outgoing; sent?: Message } {
    const item = this.runtime.state.outbox.get(clientMsgId)
    if (item) return isOutgoingChange(item) ? {} : { item }
    const sent = this.runtime.timelines.sentAs(clientMsgId)
    return sent ? { sent } : {}
  }
}
