import type { SignedInCaller } from '../caller.ts'
import type { ClientFrame, ServerFrame } from '../protocol.ts'

/**
 * Why a connection ended. `lost`: the network, the server's shutdown, a limit, a fault; `replaced`: another connection is this device now;
 * `tokenExpired`; `revoked`: the user revoked this device, or changed the password.
 */
export type CloseReason = 'lost' | 'replaced' | 'tokenExpired' | 'revoked'

export interface TransportEvents {
  /** The server's frames, in the order sent. A refused command gives an `error` frame. */
  frame(frame: ServerFrame): void
  /** Called once, and nothing after it. Not called after `close()`. */
  closed(reason: CloseReason): void
}

/** One open connection of the device. */
export interface Transport {
  /** Sends a command; commands are handled in the order sent. If the connection has ended it is dropped, and `closed` follows. */
  send(frame: ClientFrame): void
  /** Sends something that the server answers; resolves with the answer. */
  probe(): Promise<void>
  close(): void
}

/**
 * Opens a connection.
 * @throws ChatError `unauthenticated` where the server refuses the token; any other error where it cannot be reached.
 */
export type Connect = (url: string, caller: SignedInCaller, events: TransportEvents) => Promise<Transport>
