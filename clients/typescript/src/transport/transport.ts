import type { ClientFrame, ServerFrame } from '../protocol.ts'

/**
 * Why a connection ended. `lost` is everything that says nothing: the network, the server's end, a limit. `unauthenticated`: the token is
 * not good any more; `revoked`: the user took it from this device.
 */
export type CloseReason = 'lost' | 'replaced' | 'unauthenticated' | 'revoked'

export interface TransportEvents {
  /** A frame of the server's, in the order they were sent. Of a refused command its `error`. */
  frame(frame: ServerFrame): void
  /** Once, and nothing after it. Not after `close()`. */
  closed(reason: CloseReason): void
}

/** One open connection of the device, by either door. */
export interface Transport {
  /** Sends a command; commands are handled in the order sent. One that cannot be sent any more is dropped: `closed` follows. */
  send(frame: ClientFrame): void
  /** Asks the server for a sign of life; resolves when there was one. */
  probe(): Promise<void>
  close(): void
}

/**
 * Opens a connection.
 * @throws ChatError `unauthenticated` where the server refuses the token; any other error where it cannot be reached.
 */
export type Connect = (url: string, token: string, events: TransportEvents) => Promise<Transport>
