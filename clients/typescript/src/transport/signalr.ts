import { HttpTransportType, HubConnectionBuilder, HubConnectionState, LogLevel, type HubConnection } from '@microsoft/signalr'
import { ChatError } from '../errors.ts'
import type { ClientFrame, ErrorCode, SentAck, ServerFrame } from '../protocol.ts'
import type { CloseReason, Connect, Transport, TransportEvents } from './transport.ts'
import { firstThatWorks, type Way, WayClosed } from './ways.ts'

const events = ['welcome', 'message', 'ack', 'typing', 'presence', 'advanced', 'conversation', 'caughtUp', 'resync', 'goAway'] as const

/** The hub, by one of SignalR's transports. */
export const hubBy =
  (way: 'WebSockets' | 'ServerSentEvents' | 'LongPolling'): Way =>
  async (url, token, on, given) => {
    // In Node there is none: what SignalR would take in its place cannot be given up.
    if (way === 'ServerSentEvents' && typeof EventSource === 'undefined') throw new WayClosed('There are no server-sent events here.')
    // Each request of the fallback transports carries one, and the first does not live for ever.
    const latest = { token }
    const hub = new HubConnectionBuilder()
      .withUrl(`${url.replace(/\/$/, '')}/hub`, {
        accessTokenFactory: () => latest.token,
        transport: HttpTransportType[way],
        withCredentials: false,
        ...streams(given),
      })
      .configureLogging(LogLevel.None)
      .build()
    const transport = new SignalRTransport(hub, on, latest)
    try {
      await hub.start()
      return transport
    } catch (error) {
      transport.close()
      throw whyNot(error)
    }
  }

/** The hub: WebSockets, and server-sent events or long polling where those are blocked or held back. */
export const signalRTransport: Connect = firstThatWorks(hubBy('WebSockets'), hubBy('ServerSentEvents'), hubBy('LongPolling'))

/** SignalR does not give up a stream that never opens, and a browser has few for each server: they are closed for it. */
function streams(given: AbortSignal): { EventSource?: typeof EventSource; WebSocket?: typeof WebSocket } {
  return {
    ...(typeof EventSource !== 'undefined' && {
      EventSource: class extends EventSource {
        constructor(url: string | URL, options?: EventSourceInit) {
          super(url, options)
          given.addEventListener('abort', () => {
            this.close()
            this.onerror?.(new Event('error'))
          })
        }
      },
    }),
    // Node's takes headers, which a browser's cannot.
    ...(typeof window !== 'undefined' && {
      WebSocket: class extends WebSocket {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols)
          given.addEventListener('abort', () => this.close())
        }
      },
    }),
  }
}

/** Without an answer to the negotiation there is no server to be reached in another way; its status stands in the words alone. */
function whyNot(error: unknown): unknown {
  const { errorType, message } = error as { errorType?: string; message: string }
  if (message.includes("Status code '401'")) return new ChatError('unauthenticated', 'The token was refused.')
  return errorType === 'FailedToNegotiateWithServerError' ? error : new WayClosed(message)
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
        this.hub.invoke<SentAck>('SendMessage', request).then(
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
        // Nobody waits for these; what is wrong with one is told by a later error, or by the connection's end.
        this.hub.send(methods[type], request).catch(() => undefined)
    }
  }

  async probe(): Promise<void> {
    // The smallest command that is answered.
    await this.hub.invoke('Presence', { subscribe: [] })
  }

  close(): void {
    this.over = true
    // It waits for nothing that could fail usefully.
    this.hub.stop().catch(() => undefined)
  }

  private frame(frame: ServerFrame): void {
    if (!this.over) this.on.frame(frame)
  }

  // What fails without the server's word fails with the connection; `closed` says so.
  private refused(error: unknown, frame: ClientFrame): void {
    const told = refusalIn(error instanceof Error ? error.message : '')
    if (!told) return
    const clientMsgId = frame.type === 'message' ? frame.clientMsgId : undefined
    this.frame({ type: 'error', ...told, clientMsgId })
  }

  private ended(reason: CloseReason): void {
    if (this.over) return
    this.over = true
    this.on.closed(reason)
  }
}

/** What the server says of a call that failed: `code: text`, or only SignalR's words that it failed on the server, which is a bug there. */
export function refusalIn(message: string): { code: ErrorCode; message: string } | undefined {
  const told = /HubException: (\w+): (.*)$/s.exec(message)
  if (told) return { code: told[1] as ErrorCode, message: told[2] ?? '' }
  return message.endsWith(' on the server.') ? { code: 'internal', message } : undefined
}

const methods = { ack: 'Ack', typing: 'Typing', presence: 'Presence' } as const

const reasons: Record<string, CloseReason> = { replaced: 'replaced', token_expired: 'unauthenticated', unauthenticated: 'revoked' }

// "Server returned an error on close: replaced: a newer connection …"
const reasonOf = (error: Error | undefined): CloseReason => reasons[/: (\w+):/.exec(error?.message ?? '')?.[1] ?? ''] ?? 'lost'
