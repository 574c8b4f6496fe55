import { withRoutingHint } from '../caller.ts'
import { ChatError } from '../errors.ts'
import type { ClientFrame, ServerFrame } from '../protocol.ts'
import type { CloseReason, Connect, Transport, TransportEvents } from './transport.ts'
import { withFallbacks, type TransportOption, TransportBlocked } from './fallback.ts'

/** After this long without a frame a ping is sent, ms: less than the minute after which proxies close silent connections. */
const pingAfter = 25_000
/** How long the server has to answer, ms. */
const pongTimeout = 10_000
/** For the REST call that finds out why a socket could not be opened, ms. */
const checkTimeout = 5_000

type WebSocketType = new (url: string) => WebSocket

/**
 * The plain WebSocket, or the hub's server-sent events or long polling where sockets are blocked or buffered.
 * @param WebSocketImpl In Node before 22, the class of the package `ws`.
 */
export const webSocketTransport = (WebSocketImpl?: WebSocketType): Connect =>
  withFallbacks(plainSocket(WebSocketImpl), hubOver('ServerSentEvents'), hubOver('LongPolling'))

/** SignalR is loaded only when it is needed. */
const hubOver =
  (kind: 'ServerSentEvents' | 'LongPolling'): TransportOption =>
  async (...connection) =>
    (await import('./signalr.ts')).hubOver(kind)(...connection)

const plainSocket =
  (WebSocketImpl?: WebSocketType): TransportOption =>
  async (url, caller, events, givenUp) => {
    const base = `${url.replace(/\/$/, '')}/`
    const address = new URL(withRoutingHint('ws', caller), base)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    address.searchParams.set('access_token', caller.token)
    try {
      return await open(new (WebSocketImpl ?? WebSocket)(address.href), events, givenUp)
    } catch (error) {
      // A browser does not say why a handshake failed; a REST call tells whether it was the token, or the transport.
      const { status } = await fetch(new URL(withRoutingHint('v1/devices', caller), base), {
        headers: { Authorization: `Bearer ${caller.token}` },
        signal: AbortSignal.timeout(checkTimeout),
      })
      if (status === 401) throw new ChatError('unauthenticated', 'The token was refused.')
      throw status < 500 ? new TransportBlocked(String(error)) : error
    }
  }

const open = (socket: WebSocket, events: TransportEvents, givenUp: AbortSignal): Promise<Transport> =>
  new Promise((opened, failed) => {
    givenUp.addEventListener('abort', () => socket.close())
    const transport = new WebSocketTransport(socket, events)
    socket.onopen = () => opened(transport)
    socket.onclose = (event) => {
      transport.ended(reasons[event.code] ?? 'lost')
      // If it was open, the promise is settled and this does nothing.
      failed(new Error(`The WebSocket could not be opened (${event.code}).`))
    }
  })

const reasons: Record<number, CloseReason> = { 4000: 'replaced', 4001: 'revoked' }

class WebSocketTransport implements Transport {
  private readonly socket: WebSocket
  private readonly events: TransportEvents
  private readonly probes: (() => void)[] = []
  private timer: ReturnType<typeof setTimeout> | undefined
  private over = false
  /** The server has sent `token_expired`; the close code is the same as for a revocation. */
  private expired = false

  constructor(socket: WebSocket, events: TransportEvents) {
    this.socket = socket
    this.events = events
    this.restartTimer()
    socket.onmessage = ({ data }) => this.receive(JSON.parse(data as string) as ServerFrame)
    // `onclose` follows.
    socket.onerror = () => undefined
  }

  send(frame: ClientFrame): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  probe(): Promise<void> {
    this.send({ type: 'ping' })
    return new Promise((alive) => this.probes.push(alive))
  }

  close(): void {
    this.over = true
    clearTimeout(this.timer)
    this.socket.close()
  }

  ended(reason: CloseReason): void {
    if (this.over) return
    if (reason === 'revoked' && this.expired) reason = 'tokenExpired'
    this.over = true
    clearTimeout(this.timer)
    this.events.closed(reason)
  }

  private restartTimer(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.send({ type: 'ping' })
      this.timer = setTimeout(() => this.lose(), pongTimeout)
    }, pingAfter)
  }

  private lose(): void {
    this.socket.close()
    // The closing handshake of a dead socket takes long.
    this.ended('lost')
  }

  private receive(frame: ServerFrame): void {
    if (!this.over) this.restartTimer()
    if (frame.type === 'error' && frame.code === 'token_expired') this.expired = true
    for (const alive of this.probes.splice(0)) alive()
    if (!this.over && frame.type !== 'pong') this.events.frame(frame)
  }
}
