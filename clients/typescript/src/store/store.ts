import type { Change, Outgoing, Row, Session } from '../changes.ts'
import type { Message } from '../protocol.ts'

/** What a store holds besides messages. */
export interface Stored {
  readonly session?: Session
  /** The user whose conversations these are: with a session its user, without one that of the session that expired. */
  readonly owner?: string
  /** This installation's name among the user's devices; kept when the user signs out. */
  readonly deviceId?: string
  readonly epoch?: string
  readonly rows: readonly Row[]
  /** In the order in which they are sent. */
  readonly outbox: readonly Outgoing[]
}

/**
 * Where an installation keeps its session, its conversations, its messages and its outbox. Several tabs may have the same one open: rows
 * are read, changed (`nextRow`) and written within one transaction. Passes test/store/contract.ts.
 */
export interface ChatStore {
  load(): Promise<Stored>
  /**
   * All of the changes or none; when it answers they outlive a crash, where the store is one that lasts. Fleeting ones are left out.
   * @returns What the store dropped to stay within its bounds, as `trimmed`.
   */
  write(changes: readonly Change[]): Promise<readonly Change[]>
  /** The newest `limit` messages with seqNo in [from, to], ascending. */
  messages(conversationId: string, from: number, to: number, limit: number): Promise<Message[]>
  /**
   * Drops cached messages to make room, keeping the session and the outbox; they are fetched again when somebody looks.
   * @returns What it dropped, as `trimmed`.
   */
  makeRoom(): Promise<readonly Change[]>
  /** Of a store that can be cut off from what it keeps: `look` is called whenever it has been opened anew, and may be empty. */
  onReopened?(look: () => void): void
  close(): Promise<void>
}
