import type { SignedInCaller } from '../caller.ts'
import type { Connect, Transport, TransportEvents } from './transport.ts'

/** How long the first frame may take, where there is another transport to try, ms. */
export const firstFrameTimeout = 8_000
/** The same for the last transport, ms. */
const lastTimeout = 20_000

/**
 * One transport to try.
 * @param givenUp Aborted when it has taken too long.
 * @throws TransportBlocked if another transport may work; what `Connect` throws if none would.
 */
export type TransportOption = (url: string, caller: SignedInCaller, events: TransportEvents, givenUp: AbortSignal) => Promise<Transport>

/** Something between client and server blocks this transport, such as a proxy. */
export class TransportBlocked extends Error {}

/**
 * Tries several transports in turn; the first that delivers a frame is used. Proxies refuse upgrades, and buffer what is streamed.
 */
export const withFallbacks =
  (...transports: readonly TransportOption[]): Connect =>
  async (url, caller, events) => {
    for (const transport of transports.slice(0, -1)) {
      try {
        return await attempt(transport, firstFrameTimeout, url, caller, events)
      } catch (error) {
        if (!(error instanceof TransportBlocked)) throw error
      }
    }
    return attempt(transports.at(-1)!, lastTimeout, url, caller, events)
  }

/** An open connection is not enough: a frame, the welcome first, must arrive. A close with a reason is an answer of the server, too. */
function attempt(option: TransportOption, timeout: number, url: string, caller: SignedInCaller, events: TransportEvents): Promise<Transport> {
  const givingUp = new AbortController()
  let transport: Transport | undefined
  let heard = false
  let over = false
  return new Promise((opened, failed) => {
    const look = () => {
      if (!transport || !heard || over) return
      clearTimeout(late)
      opened(transport)
    }
    const fail = (error: unknown) => {
      over = true
      clearTimeout(late)
      givingUp.abort()
      transport?.close()
      failed(error)
    }
    const late = setTimeout(() => fail(new TransportBlocked('No frame arrived in time.')), timeout)
    const mine: TransportEvents = {
      frame: (frame) => {
        if (over) return
        heard = true
        events.frame(frame)
        look()
      },
      closed: (reason) => {
        if (over) return
        if (!heard && reason === 'lost') return fail(new TransportBlocked('It ended before a frame arrived.'))
        heard = true
        events.closed(reason)
        look()
      },
    }
    option(url, caller, mine, givingUp.signal).then((open) => {
      transport = open
      if (over) open.close()
      else look()
    }, fail)
  })
}
