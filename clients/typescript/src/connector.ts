import type { SignedInCaller } from './caller.ts'
import type { Connection } from './changes.ts'
import { ChatError } from './errors.ts'
import type { ClientFrame, ServerFrame } from './protocol.ts'
import type { CloseReason, Connect, Transport } from './transport/transport.ts'

const shortestPause = 500
const longestPause = 30_000
/** How long a connection has to answer a probe, ms. */
const probeTimeout = 10_000

/** The n-th pause before connecting again, n from 0: random up to a limit that doubles (full jitter), so that not all clients come back at once. */
export const pauseBefore = (attempt: number): number => Math.random() * Math.min(longestPause, shortestPause * 2 ** attempt)

export interface ConnectorEvents {
  /** There is a connection, and no frame has arrived yet. */
  opened(): void
  frame(frame: ServerFrame): void
  changed(connection: Connection): void
}

export interface AccessTokens {
  /** The user, with an access token that has at least 30 s left. @throws ChatError `unauthenticated` when the session has ended. */
  fresh(): Promise<SignedInCaller>
  /**
   * The same with a new token, after the current one was refused.
   * @param revoked It was refused before it expired.
   * @throws ChatError `unauthenticated` when the session has ended.
   */
  renew(revoked: boolean): Promise<SignedInCaller>
}

/** Keeps a connection of the device open: connects, and connects again after each loss. Works in the leading tab. */
export class Connector {
  private readonly url: string
  private readonly connect: Connect
  private readonly tokens: AccessTokens
  private readonly on: ConnectorEvents
  private transport: Transport | undefined
  /** Ends the current pause. */
  private wake: (() => void) | undefined
  /** Identifies the running loop: one that was stopped must not continue when the next one starts. */
  private running: object | undefined
  private attempt = 0
  /** Another window or program is this device now. */
  private replaced = false
  /** Ends the open connection. */
  private drop: ((reason: CloseReason) => void) | undefined
  /** After `goAway`: when to connect again, ms. */
  private reconnectAt: number | undefined

  constructor(url: string, connect: Connect, tokens: AccessTokens, on: ConnectorEvents) {
    this.url = url
    this.connect = connect
    this.tokens = tokens
    this.on = on
  }

  start(): void {
    if (this.running) return
    this.running = {}
    this.attempt = 0
    void this.run(this.running)
  }

  /** Closes the connection and reports nothing more. */
  stop(): void {
    this.running = undefined
    this.drop?.('lost')
    this.wake?.()
  }

  /** @returns Whether it was sent. Without a connection it is dropped. */
  send(frame: ClientFrame): boolean {
    this.transport?.send(frame)
    return this.transport !== undefined
  }

  /** Ends the pause before the next attempt, or takes the device back after `replaced`. */
  now(): void {
    this.attempt = 0
    this.wake?.()
  }

  /** The system reports that there is no network. */
  networkLost(): void {
    this.drop?.('lost')
  }

  /** The machine woke up or changed networks: checks whether the connection still works. */
  check(): void {
    if (!this.replaced) this.now()
    const { transport } = this
    if (!transport) return
    const late = setTimeout(() => transport === this.transport && this.drop?.('lost'), probeTimeout)
    transport.probe().then(
      () => clearTimeout(late),
      () => undefined,
    )
  }

  /** Everything that waited has arrived: the back-off starts over. */
  caughtUp(): void {
    this.attempt = 0
    if (this.transport) this.on.changed({ status: 'online', caughtUp: true })
  }

  private async run(me: object): Promise<void> {
    while (this.running === me) {
      this.on.changed({ status: 'connecting', caughtUp: false })
      try {
        const reason = await this.once(await this.tokens.fresh(), me)
        if (this.running !== me) return
        if (reason === 'tokenExpired' || reason === 'revoked') await this.tokens.renew(reason === 'revoked')
        if (reason === 'replaced') {
          this.on.changed({ status: 'replaced', caughtUp: false })
          this.replaced = true
          await this.pause()
          this.replaced = false
          continue
        }
      } catch (error) {
        // The session has ended, and that was reported already.
        if (error instanceof ChatError && error.code === 'unauthenticated') {
          if (this.running === me) this.running = undefined
          return
        }
      }
      if (this.running === me) await this.backOff()
    }
  }

  /** One connection, until it ends or the server refuses its token. */
  private async once(caller: SignedInCaller, me: object): Promise<CloseReason> {
    let ended: (reason: CloseReason) => void = () => undefined
    const end = new Promise<CloseReason>((done) => (ended = done))
    let held: ServerFrame[] | undefined = []
    let transport: Transport
    try {
      const frame = (frame: ServerFrame) => void (held ? held.push(frame) : this.take(frame))
      transport = await this.connect(this.url, caller, { frame, closed: ended })
    } catch (error) {
      // It had at least 30 s left, so it was revoked.
      if (error instanceof ChatError && error.code === 'unauthenticated') return 'revoked'
      throw error
    }
    if (this.running !== me) {
      transport.close()
      return 'lost'
    }
    this.transport = transport
    this.drop = ended
    this.on.opened()
    this.on.changed({ status: 'online', caughtUp: false })
    for (const frame of held) this.take(frame)
    held = undefined

    const reason = await end
    if (this.transport === transport) this.transport = this.drop = undefined
    transport.close()
    return reason
  }

  private take(frame: ServerFrame): void {
    if (frame.type === 'goAway') {
      const { drop } = this
      this.reconnectAt = Date.now() + frame.afterMs
      setTimeout(() => drop?.('lost'), frame.afterMs)
    } else this.on.frame(frame)
  }

  private async backOff(): Promise<void> {
    const away = this.reconnectAt
    this.reconnectAt = undefined
    const pause = away === undefined ? pauseBefore(this.attempt++) : Math.max(0, away - Date.now())
    this.on.changed({ status: 'offline', caughtUp: false, retryAt: Date.now() + pause })
    await this.pause(pause)
  }

  /** @param ms Undefined: until it is ended. */
  private pause(ms?: number): Promise<void> {
    return new Promise((over) => {
      const timer = ms === undefined ? undefined : setTimeout(over, ms)
      this.wake = () => {
        clearTimeout(timer)
        this.wake = undefined
        over()
      }
    })
  }
}
