import type { Change, OutboxEntry, StoredConversation, Session } from '../changes.ts'
import type { Message } from '../protocol.ts'

/** What a store holds besides messages. */
export interface StoredState {
  readonly session?: Session
  /** The user whose conversations these are: of the session, or of the one that expired. */
  readonly owner?: string
  /** This installation's device id; kept when the user signs out. */
  readonly deviceId?: string
  readonly epoch?: string
  readonly conversations: readonly StoredConversation[]
  /** In the order in which they are sent. */
  readonly outbox: readonly OutboxEntry[]
}

/**
 * Keeps an installation's session, conversations, messages and outbox. Several tabs may have the same one open, so a conversation is read,
 * changed (`nextConversation`) and written in one transaction; so is a message that a change is for (`afterChange`). A message never takes the place of a
 * newer state of it (`isAsNew`). Passes test/store/contract.ts.
 */
export interface ChatStore {
  load(): Promise<StoredState>
  /**
   * Writes all of the changes or none. When it resolves they survive a crash, if the store is durable. Transient changes are not passed in.
   * @returns What the store deleted to save space, as `trimmed`.
   */
  write(changes: readonly Change[]): Promise<readonly Change[]>
  /** The newest `limit` messages with seqNo in [from, to], ascending. */
  messages(conversationId: string, from: number, to: number, limit: number): Promise<Message[]>
  /**
   * Deletes cached messages to make room; the session and the outbox stay. The messages are fetched again when a view needs them.
   * @returns What it deleted, as `trimmed`.
   */
  makeRoom(): Promise<readonly Change[]>
  /** For a store whose data can be taken away: `look` is called whenever it was opened again, and may be empty. */
  onReopened?(look: () => void): void
  /** Beside the state: the bytes of files in the outbox, and where interrupted uploads go on. Signing out deletes them. */
  readonly files: KeptFiles
  close(): Promise<void>
}

/** Values by name, as structured clones. All reject where the store cannot be read or written. */
export interface KeptFiles {
  get<T>(key: string): Promise<T | undefined>
  put(key: string, value: unknown): Promise<void>
  /** What is not there is deleted already. */
  delete(keys: readonly string[]): Promise<void>
  keys(): Promise<string[]>
  clear(): Promise<void>
}
