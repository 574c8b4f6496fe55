import { HttpTransportType, HubConnectionBuilder, HubConnectionState, LogLevel, type HubConnection } from '@microsoft/signalr'
import { withRoutingHint } from '../caller.ts'
import { ChatError } from '../errors.ts'
import type { ClientFrame, ErrorCode, SentAck, ServerFrame } from '../protocol.ts'
import type { CloseReason, Connect, Transport, TransportEvents } from './transport.ts'
import { withFallbacks, type TransportOption, TransportBlocked } from './fallback.ts'

const events = ['welcome', 'message', 'change', 'ack', 'typing', 'presence', 'advanced', 'conversation', 'settings', 'caughtUp', 'resync', 'goAway'] as const

/** The hub, over one of SignalR's transports. */
export const hubOver =
  (kind: 'WebSockets' | 'ServerSentEvents' | 'LongPolling'): TransportOption =>
  async (url, caller, on, givenUp) => {
    // Node has no EventSource, and what SignalR would use in its place cannot be aborted.
    if (kind === 'ServerSentEvents' && typeof EventSource === 'undefined') throw new TransportBlocked('There are no server-sent events here.')
    // Each request of the fallback transports carries a token, so a renewed one must be used.
    const latest = { token: caller.token }
    const hub = new HubConnectionBuilder()
      .withUrl(withRoutingHint(`${url.replace(/\/$/, '')}/hub`, caller), {
        accessTokenFactory: () => latest.token,
        transport: HttpTransportType[kind],
        withCredentials: false,
        ...abortable(givenUp),
      })
      .configureLogging(LogLevel.None)
      .build()
    const transport = new SignalRTransport(hub, on, latest)
    try {
      await hub.start()
      return transport
    } catch (error) {
      transport.close()
      throw connectError(error)
    }
  }

/** The hub: over WebSockets, or server-sent events or long polling where those are blocked or buffered. */
export const signalRTransport: Connect = withFallbacks(hubOver('WebSockets'), hubOver('ServerSentEvents'), hubOver('LongPolling'))

/** SignalR does not abort a stream that never opens, and a browser allows only a few for each server: these are closed when given up. */
function abortable(givenUp: AbortSignal): { EventSource?: typeof EventSource; WebSocket?: typeof WebSocket } {
  return {
    ...(typeof EventSource !== 'undefined' && {
      EventSource: class extends EventSource {
        constructor(url: string | URL, options?: EventSourceInit) {
          super(url, options)
          givenUp.addEventListener('abort', () => {
            this.close()
            this.onerror?.(new Event('error'))
          })
        }
      },
    }),
    // Node's own takes headers, which a browser's does not.
    ...(typeof window !== 'undefined' && {
      WebSocket: class extends WebSocket {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols)
          givenUp.addEventListener('abort', () => this.close())
        }
      },
    }),
  }
}

/** If the negotiation fails, no other transport would work. The error has the status only in its text. */
function connectError(error: unknown): unknown {
  const { errorType, message } = error as { errorType?: string; message: string }
  if (message.includes("Status code '401'")) return new ChatError('unauthenticated', 'The token was refused.')
  return errorType === 'FailedToNegotiateWithServerError' ? error : new TransportBlocked(message)
}

class SignalRTransport implements Transport {
  private readonly hub: HubConnection
  private readonly on: TransportEvents
  private readonly latest: { token: string }
  private over = false

  constructor(hub: HubConnection, on: TransportEvents, latest: { token: string }) {
    this.hub = hub
    this.on = on
    this.latest = latest
    for (const name of events) hub.on(name, (fields: object) => this.frame({ ...fields, type: name } as ServerFrame))
    hub.onclose((error) => this.ended(reasonOf(error)))
  }

  send(frame: ClientFrame): void {
    if (this.hub.state !== HubConnectionState.Connected) return
    const { type, ...request } = frame
    switch (type) {
      case 'message':
      case 'edit':
      case 'delete':
      case 'react':
      case 'pin':
      case 'timer':
        this.hub.invoke<SentAck>(entries[type], request).then(
          (ack) => this.frame({ ...ack, type: 'ack' }),
          (error: unknown) => this.refused(error, frame),
        )
        return
      case 'auth':
        this.latest.token = frame.token
        this.hub.invoke<{ expiresAt: number }>('Auth', request).then(
          (answer) => this.frame({ ...answer, type: 'authenticated' }),
          (error: unknown) => this.refused(error, frame),
        )
        return
      case 'ping':
        // SignalR has its own.
        return
      default:
        // Nothing waits for an answer to these; if one fails, an error or the connection's end follows.
        this.hub.send(methods[type], request).catch(() => undefined)
    }
  }

  async probe(): Promise<void> {
    // The smallest command that has an answer.
    await this.hub.invoke('Presence', { subscribe: [] })
  }

  close(): void {
    this.over = true
    // A failure to stop changes nothing.
    this.hub.stop().catch(() => undefined)
  }

  private frame(frame: ServerFrame): void {
    if (!this.over) this.on.frame(frame)
  }

  // A call that fails without an answer fails with the connection, and `closed` follows.
  private refused(error: unknown, frame: ClientFrame): void {
    const told = refusalIn(error instanceof Error ? error.message : '')
    if (!told) return
    const clientMsgId = 'clientMsgId' in frame ? frame.clientMsgId : undefined
    this.frame({ type: 'error', ...told, clientMsgId })
  }

  private ended(reason: CloseReason): void {
    if (this.over) return
    this.over = true
    this.on.closed(reason)
  }
}

/** The server's error of a call that failed: `code: text`. Without a code, if SignalR says that it failed on the server, it is a bug there. */
export function refusalIn(message: string): { code: ErrorCode; message: string } | undefined {
  const told = /HubException: (\w+): (.*)$/s.exec(message)
  if (told) return { code: told[1] as ErrorCode, message: told[2] ?? '' }
  // SignalR's own, of a server that is older than the method.
  if (/HubException: Method does not exist\.?$|Unknown hub method/.test(message)) return { code: 'bad_request', message: 'This server cannot do that.' }
  return message.endsWith(' on the server.') ? { code: 'internal', message } : undefined
}

const entries = { message: 'SendMessage', edit: 'Edit', delete: 'Delete', react: 'React', pin: 'Pin', timer: 'SetTimer' } as const
const methods = { ack: 'Ack', typing: 'Typing', presence: 'Presence' } as const

const reasons: Record<string, CloseReason> = { replaced: 'replaced', token_expired: 'tokenExpired', unauthenticated: 'revoked' }

// "Server returned an error on close: replaced: a newer connection …"
const reasonOf = (error: Error | undefined): CloseReason => reasons[/: (\w+):/.exec(error?.message ?? '')?.[1] ?? ''] ?? 'lost'
