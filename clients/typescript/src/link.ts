import type { Connection } from './changes.ts'
import { ChatError } from './errors.ts'
import type { ClientFrame, ServerFrame } from './protocol.ts'
import type { CloseReason, Connect, Transport } from './transport/transport.ts'

const shortestPause = 500
const longestPause = 30_000
/** A connection asked for a sign of life has this long for it, ms. */
const probePatience = 10_000

/** The n-th pause before connecting again, n from 0: random up to a doubling bound ("full jitter"), so that a server's return is not a stampede. */
export const pauseBefore = (attempt: number): number => Math.random() * Math.min(longestPause, shortestPause * 2 ** attempt)

export interface LinkEvents {
  /** A connection is there, and nothing has come through it yet. */
  opened(): void
  frame(frame: ServerFrame): void
  moved(connection: Connection): void
}

export interface LinkTokens {
  /** An access token with at least half a minute left. @throws ChatError `unauthenticated` when the session is over. */
  fresh(): Promise<string>
  /** Another one, for the present one was refused. @throws ChatError `unauthenticated` when the session is over. */
  renew(revoked: boolean): Promise<string>
}

/** A connection that comes back. Of one device at one server; started and stopped by the tab that holds the lock. */
export class Link {
  private readonly url: string
  private readonly connect: Connect
  private readonly tokens: LinkTokens
  private readonly on: LinkEvents
  private transport: Transport | undefined
  /** Ends the pause that the loop is in. */
  private wake: (() => void) | undefined
  /** The loop that is running, by a token of its own: one that was stopped must not go on when the next begins. */
  private running: object | undefined
  private attempt = 0
  /** Another window or program is this device now. */
  private replaced = false
  /** Ends the connection that is there. */
  private drop: ((reason: CloseReason) => void) | undefined
  /** When the server that is leaving wants us elsewhere, ms. */
  private comeBackAt: number | undefined

  constructor(url: string, connect: Connect, tokens: LinkTokens, on: LinkEvents) {
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

  /** Closes the connection and says nothing more. */
  stop(): void {
    this.running = undefined
    this.drop?.('lost')
    this.wake?.()
  }

  /** Whether it was sent: with no connection it is not, and is never kept. */
  send(frame: ClientFrame): boolean {
    this.transport?.send(frame)
    return this.transport !== undefined
  }

  /** Ends the pause before the next attempt, or takes the device back after `replaced`: the user's wish. */
  now(): void {
    this.attempt = 0
    this.wake?.()
  }

  /** The system says that there is no network: nothing is gained by waiting for the connection to find out. */
  networkLost(): void {
    this.drop?.('lost')
  }

  /** The machine woke up or changed networks: is the connection still one? */
  check(): void {
    if (!this.replaced) this.now()
    const { transport } = this
    if (!transport) return
    const late = setTimeout(() => transport === this.transport && this.drop?.('lost'), probePatience)
    transport.probe().then(
      () => clearTimeout(late),
      () => undefined,
    )
  }

  /** Everything that waited has come: the next loss is a first one. */
  caughtUp(): void {
    this.attempt = 0
    if (this.transport) this.on.moved({ status: 'online', caughtUp: true })
  }

  private async run(me: object): Promise<void> {
    while (this.running === me) {
      this.on.moved({ status: 'connecting', caughtUp: false })
      try {
        const reason = await this.once(await this.tokens.fresh(), me)
        if (this.running !== me) return
        if (reason === 'unauthenticated' || reason === 'revoked') await this.tokens.renew(reason === 'revoked')
        if (reason === 'replaced') {
          this.on.moved({ status: 'replaced', caughtUp: false })
          this.replaced = true
          await this.pause()
          this.replaced = false
          continue
        }
      } catch (error) {
        // The session is over, and whoever found that out has said so.
        if (error instanceof ChatError && error.code === 'unauthenticated') {
          if (this.running === me) this.running = undefined
          return
        }
      }
      if (this.running === me) await this.backOff()
    }
  }

  /** One connection, until it ends; also one that the server refuses for its token. */
  private async once(token: string, me: object): Promise<CloseReason> {
    let ended: (reason: CloseReason) => void = () => undefined
    const end = new Promise<CloseReason>((done) => (ended = done))
    let held: ServerFrame[] | undefined = []
    let transport: Transport
    try {
      const frame = (frame: ServerFrame) => void (held ? held.push(frame) : this.take(frame))
      transport = await this.connect(this.url, token, { frame, closed: ended })
    } catch (error) {
      // A token that has life left is refused when it was voided.
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
    this.on.moved({ status: 'online', caughtUp: false })
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
      this.comeBackAt = Date.now() + frame.afterMs
      setTimeout(() => drop?.('lost'), frame.afterMs)
    } else this.on.frame(frame)
  }

  private async backOff(): Promise<void> {
    const away = this.comeBackAt
    this.comeBackAt = undefined
    const pause = away === undefined ? pauseBefore(this.attempt++) : Math.max(0, away - Date.now())
    this.on.moved({ status: 'offline', caughtUp: false, retryAt: Date.now() + pause })
    await this.pause(pause)
  }

  /** @param ms Until woken, without it. */
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
