import type { ErrorCode } from './protocol.ts'

/** A refusal of the server, by its stable code, or one of this side's own (`network`, `storage`). */
export class ChatError extends Error {
  override readonly name = 'ChatError'
  readonly code: ErrorCode
  /** Milliseconds after which it is worth trying again, where the server said so. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the same may succeed later without anybody changing it. */
  get isTransient(): boolean {
    return this.code === 'rate_limited' || this.code === 'unavailable' || this.code === 'network' || this.code === 'storage'
  }
}
