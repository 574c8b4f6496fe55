import type { Change, StoredConversation } from './changes.ts'
import { isOlder } from './conversationRules.ts'
import { ChatError } from './errors.ts'
import { isGroup } from './ids.ts'
import { isDeleted, isSame, unchanged } from './ownSettings.ts'
import type { ConversationSummary, ErrorCode, OwnSettings } from './protocol.ts'
import type { ChatApi } from './chatApi.ts'
import type { State } from './state.ts'

const pageSize = 100
/** 2,000 conversations, those with the newest activity. */
const maxPages = 20
/** Between two reads, ms. */
const pause = 2_000
/** Before a read that was refused for now is repeated, if the server does not say, ms. */
const retryPause = 5_000
/** After an answer with a count that is older than what is here, the list is read again, this often in a row. */
const maxRepeats = 3

/** Reads the conversation list when it may have changed, at most every 2 s. */
export class ConversationListReader {
  private readonly state: State
  private readonly server: Pick<ChatApi, 'conversations' | 'group' | 'changeSettings'>
  private readonly commit: (changes: Change[]) => Promise<void>
  private wanted = false
  private busy = false
  private notBefore = 0
  private repeats = 0
  /** Left while a read was running, whose answer may still contain them. */
  private readonly left = new Set<string>()
  /** Of which settings were heard while a read was running, whose answer may be older. */
  private readonly set = new Set<string>()
  /** What other devices have archived or deleted since the last connection is not known. */
  private readsArchived = true
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(state: State, server: ConversationListReader['server'], commit: (changes: Change[]) => Promise<void>) {
    this.state = state
    this.server = server
    this.commit = commit
  }

  /** Now, or when the pause since the last read is over. */
  refreshSoon(): void {
    this.wanted = true
    if (this.busy || this.timer !== undefined) return
    this.timer = setTimeout(() => void this.refresh(), Math.max(0, this.notBefore - Date.now()))
  }

  /** The device was away: also the archived conversations may have changed. */
  refreshAll(): void {
    this.readsArchived = true
    this.refreshSoon()
  }

  /** The user is no longer a member of this conversation. */
  removed(conversationId: string): void {
    if (this.busy) this.left.add(conversationId)
  }

  /** The user has set something for this conversation. */
  changed(conversationId: string): void {
    if (this.busy) this.set.add(conversationId)
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
    this.set.clear()
    this.notBefore = 0
    const { readsArchived } = this
    // Set again by a connection that comes meanwhile.
    this.readsArchived = false
    try {
      await this.read(readsArchived)
    } catch (error) {
      this.readsArchived ||= readsArchived
      // After any other error the next connection reads it again.
      if (error instanceof ChatError && (error.code === 'rate_limited' || error.code === 'unavailable')) {
        this.wanted = true
        this.notBefore = Date.now() + (error.retryAfterMs ?? retryPause)
      }
    }
    this.busy = false
    this.notBefore = Math.max(this.notBefore, Date.now() + pause)
    if (this.wanted) this.refreshSoon()
  }

  private async read(readsArchived: boolean): Promise<void> {
    const absent = new Set(this.state.stored.keys())
    const { listed, isAll, epoch } = await this.pages(false)
    let isArchivedAll = false
    if (readsArchived) {
      const archived = await this.pages(true)
      isArchivedAll = archived.isAll
      listed.push(...archived.listed)
    }

    const isNewEpoch = epoch !== this.state.epoch
    const changes: Change[] = isNewEpoch ? [{ type: 'epoch', epoch }] : []
    let activity = Date.now()
    let hasOlder = false
    let hasOlderSettings = false
    for (const read of listed) {
      const isSet = this.set.has(read.conversationId)
      const summary = isSet ? { ...read, ...this.settingsOf(read.conversationId) } : read
      // A conversation without a message keeps the position that the server gave it.
      activity = summary.lastMessage?.timestamp ?? activity - 1
      if (this.left.has(summary.conversationId)) continue
      hasOlderSettings ||= isSet
      const row = this.state.find(summary.conversationId)
      if (row && !isNewEpoch) hasOlder ||= isOlder(summary, row)
      if (isNewEpoch || differs(row, summary)) changes.push({ type: 'listed', summary, activity })
      absent.delete(summary.conversationId)
    }
    if (changes.length > 0) await this.commit(changes)
    this.repeats = hasOlder ? this.repeats + 1 : 0
    if (hasOlder && this.repeats <= maxRepeats) this.wanted = true
    // What else was set for them is in the next one.
    if (hasOlderSettings) this.wanted = true
    if (hasOlderSettings && readsArchived) this.readsArchived = true
    if (isAll) await this.confirm(absent, isArchivedAll)
  }

  private async pages(archived: boolean): Promise<{ listed: ConversationSummary[]; isAll: boolean; epoch: string }> {
    const listed: ConversationSummary[] = []
    let next: string | undefined
    let epoch: string
    let pages = 0
    do {
      const page = await this.server.conversations(pageSize, next, archived)
      listed.push(...page.conversations)
      ;({ next, epoch } = page)
    } while (next !== undefined && ++pages < maxPages)
    return { listed, isAll: next === undefined, epoch }
  }

  private settingsOf(conversationId: string): OwnSettings {
    const { mutedUntil, archived, pinned, markedUnread, clearedUpTo, draft } = this.state.find(conversationId) ?? {}
    return { mutedUntil, archived, pinned, markedUnread, clearedUpTo, draft }
  }

  /** Conversations that are in no list. The server is asked about each: a group may have moved up while the list was read; what was deleted is archived and cleared. */
  private async confirm(absent: ReadonlySet<string>, withArchived: boolean): Promise<void> {
    for (const conversationId of absent) {
      const row = this.state.find(conversationId)
      if (!row || row.left || isDeleted(row) || (row.archived && !withArchived)) continue
      if (isGroup(conversationId) && (await this.isGone(conversationId))) await this.commit([{ type: 'removed', conversationId }])
      else if (row.maxSeqNo > 0) await this.confirmSettings(conversationId)
    }
  }

  private async confirmSettings(conversationId: string): Promise<void> {
    const before = this.settingsOf(conversationId)
    try {
      const answer = await this.server.changeSettings(conversationId, {})
      // What was heard since is newer.
      await this.commit([{ type: 'settings', conversationId, ...unchanged(answer, before, this.settingsOf(conversationId)) }])
    } catch (error) {
      if (!(error instanceof ChatError) || error.isTransient) throw error
    }
  }

  private async isGone(conversationId: string): Promise<boolean> {
    try {
      await this.server.group(conversationId)
      return false
    } catch (error) {
      if (error instanceof ChatError && goneCodes.has(error.code)) return true
      // Not known: the next read asks again.
      throw error
    }
  }
}

const goneCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['forbidden', 'not_a_member', 'not_found'])

const differs = (row: StoredConversation | undefined, summary: ConversationSummary): boolean =>
  !row ||
  row.readUnsent ||
  row.left !== undefined ||
  row.title !== summary.title ||
  row.maxSeqNo !== summary.maxSeqNo ||
  row.readSeqNo !== summary.readSeqNo ||
  row.unreadCount !== summary.unreadCount ||
  row.unreadCapped !== (summary.unreadCapped ?? false) ||
  !isSame(row, summary) ||
  row.timer !== summary.timer ||
  row.lastMessage?.messageId !== summary.lastMessage?.messageId ||
  row.lastMessage?.changedSeqNo !== summary.lastMessage?.changedSeqNo
