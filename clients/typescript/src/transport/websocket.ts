import { ChatError } from '../errors.ts'
import type { ClientFrame, ServerFrame } from '../protocol.ts'
import type { CloseReason, Connect, Transport, TransportEvents } from './transport.ts'
import { firstThatWorks, type Way, WayClosed } from './ways.ts'

/** After this long without a frame the server is asked for one, ms: below the minute after which proxies cut silent connections. */
const silence = 25_000
/** How long it has for the answer, ms. */
const answerPatience = 10_000
/** For REST's word about a socket that could not be opened, ms. */
const restPatience = 5_000

type WebSocketType = new (url: string) => WebSocket

/**
 * The plain WebSocket door, and the hub's server-sent events or long polling where sockets are blocked or held back.
 * @param WebSocketImpl In Node before 22, the class of the package `ws`.
 */
export const webSocketTransport = (WebSocketImpl?: WebSocketType): Connect =>
  firstThatWorks(socketBy(WebSocketImpl), hubBy('ServerSentEvents'), hubBy('LongPolling'))

/** SignalR is loaded where it is needed. */
const hubBy =
  (way: 'ServerSentEvents' | 'LongPolling'): Way =>
  async (...connection) =>
    (await import('./signalr.ts')).hubBy(way)(...connection)

const socketBy =
  (WebSocketImpl?: WebSocketType): Way =>
  async (url, token, events, given) => {
    const base = `${url.replace(/\/$/, '')}/`
    const address = new URL('ws', base)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    address.searchParams.set('access_token', token)
    try {
      return await open(new (WebSocketImpl ?? WebSocket)(address.href), events, given)
    } catch (error) {
      // A browser tells nobody why a handshake failed; REST says whether it was the token, or the way.
      const { status } = await fetch(new URL('v1/devices', base), {
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(restPatience),
      })
      if (status === 401) throw new ChatError('unauthenticated', 'The token was refused.')
      throw status < 500 ? new WayClosed(String(error)) : error
    }
  }

const open = (socket: WebSocket, events: TransportEvents, given: AbortSignal): Promise<Transport> =>
  new Promise((opened, failed) => {
    given.addEventListener('abort', () => socket.close())
    const transport = new WebSocketTransport(socket, events)
    socket.onopen = () => opened(transport)
    socket.onclose = (event) => {
      transport.ended(reasons[event.code] ?? 'lost')
      // After it was open this does nothing.
      failed(new Error(`The WebSocket could not be opened (${event.code}).`))
    }
  })

const reasons: Record<number, CloseReason> = { 4000: 'replaced', 4001: 'revoked' }

class WebSocketTransport implements Transport {
  private readonly socket: WebSocket
  private readonly events: TransportEvents
  private readonly waiting: (() => void)[] = []
  private quiet: ReturnType<typeof setTimeout> | undefined
  private over = false
  /** The server said so; the same close code follows as for a revocation. */
  private expired = false

  constructor(socket: WebSocket, events: TransportEvents) {
    this.socket = socket
    this.events = events
    this.heard()
    socket.onmessage = ({ data }) => this.receive(JSON.parse(data as string) as ServerFrame)
    // `onclose` follows.
    socket.onerror = () => undefined
  }

  send(frame: ClientFrame): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  probe(): Promise<void> {
    this.send({ type: 'ping' })
    return new Promise((alive) => this.waiting.push(alive))
  }

  close(): void {
    this.over = true
    clearTimeout(this.quiet)
    this.socket.close()
  }

  ended(reason: CloseReason): void {
    if (this.over) return
    if (reason === 'revoked' && this.expired) reason = 'unauthenticated'
    this.over = true
    clearTimeout(this.quiet)
    this.events.closed(reason)
  }

  private heard(): void {
    clearTimeout(this.quiet)
    this.quiet = setTimeout(() => {
      this.send({ type: 'ping' })
      this.quiet = setTimeout(() => this.lose(), answerPatience)
    }, silence)
  }

  private lose(): void {
    this.socket.close()
    // A dead socket's closing handshake takes its time.
    this.ended('lost')
  }

  private receive(frame: ServerFrame): void {
    if (!this.over) this.heard()
    if (frame.type === 'error' && frame.code === 'token_expired') this.expired = true
    for (const alive of this.waiting.splice(0)) alive()
    if (!this.over && frame.type !== 'pong') this.events.frame(frame)
  }
}
