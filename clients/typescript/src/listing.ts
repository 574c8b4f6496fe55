import type { Change, Row } from './changes.ts'
import { isGroup } from './ids.ts'
import type { ConversationList, ConversationSummary } from './protocol.ts'
import type { State } from './state.ts'

const pageSize = 100
/** What a client shows of a list: the 2,000 conversations that were active last. */
const maxPages = 20
/** Between two readings, ms. */
const pause = 2_000

/** Reads the conversation list again when it may have changed, not more often than it pays. */
export class Listing {
  private readonly state: State
  private readonly get: (limit: number, cursor?: string) => Promise<ConversationList>
  private readonly commit: (changes: Change[]) => Promise<void>
  private wanted = false
  private busy = false
  private notBefore = 0
  /** Left while a reading was under way, which may still have it. */
  private readonly left = new Set<string>()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(state: State, get: (limit: number, cursor?: string) => Promise<ConversationList>, commit: (changes: Change[]) => Promise<void>) {
    this.state = state
    this.get = get
    this.commit = commit
  }

  /** At once after a pause, else when the pause is over. */
  refreshSoon(): void {
    this.wanted = true
    if (this.busy || this.timer !== undefined) return
    this.timer = setTimeout(() => void this.refresh(), Math.max(0, this.notBefore - Date.now()))
  }

  /** The user is not in this conversation any more. */
  removed(conversationId: string): void {
    if (this.busy) this.left.add(conversationId)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.wanted = false
  }

  private async refresh(): Promise<void> {
    this.timer = undefined
    this.wanted = false
    this.busy = true
    this.left.clear()
    try {
      await this.read()
    } catch {
      // The next connection, or the next word of a change, asks again.
    }
    this.busy = false
    this.notBefore = Date.now() + pause
    if (this.wanted) this.refreshSoon()
  }

  private async read(): Promise<void> {
    const before = new Set(this.state.rows.keys())
    const listed: ConversationSummary[] = []
    let next: string | undefined
    let epoch: string
    let pages = 0
    do {
      const page = await this.get(pageSize, next)
      listed.push(...page.conversations)
      ;({ next, epoch } = page)
    } while (next !== undefined && ++pages < maxPages)

    const isNewEpoch = epoch !== this.state.epoch
    const changes: Change[] = isNewEpoch ? [{ type: 'epoch', epoch }] : []
    let activity = Date.now()
    for (const summary of listed) {
      // A conversation without a message stands where the server has put it.
      activity = summary.lastMessage?.timestamp ?? activity - 1
      if (this.left.has(summary.conversationId)) continue
      if (isNewEpoch || differs(this.state.rows.get(summary.conversationId), summary)) changes.push({ type: 'listed', summary, activity })
      before.delete(summary.conversationId)
    }
    // A group that is not in the whole list is not this user's any more. Direct ones are everybody's to open.
    if (next === undefined) for (const id of before) if (isGroup(id)) changes.push({ type: 'removed', conversationId: id })
    if (changes.length > 0) await this.commit(changes)
  }
}

const differs = (row: Row | undefined, summary: ConversationSummary): boolean =>
  !row ||
  row.readUnsent ||
  row.title !== summary.title ||
  row.maxSeqNo !== summary.maxSeqNo ||
  row.readSeqNo !== summary.readSeqNo ||
  row.unreadCount !== summary.unreadCount ||
  row.unreadCapped !== (summary.unreadCapped ?? false) ||
  row.lastMessage?.messageId !== summary.lastMessage?.messageId
