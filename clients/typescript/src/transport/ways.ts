import type { Connect, Transport, TransportEvents } from './transport.ts'

/** How long the first word may take on its way where there is another one, and on the last one, ms. */
export const patience = 8_000
const lastPatience = 20_000

/**
 * One way to open a connection.
 * @param given Up: it was tried for long enough.
 * @throws WayClosed where another way may help; what `Connect` throws where none would.
 */
export type Way = (url: string, token: string, events: TransportEvents, given: AbortSignal) => Promise<Transport>

/** Something in between does not let this way through. */
export class WayClosed extends Error {}

/**
 * Several ways to one server: the first through which something comes is the connection. Proxies refuse upgrades, and hold back what is
 * streamed.
 */
export const firstThatWorks =
  (...ways: readonly Way[]): Connect =>
  async (url, token, events) => {
    for (const way of ways.slice(0, -1)) {
      try {
        return await attempt(way, patience, url, token, events)
      } catch (error) {
        if (!(error instanceof WayClosed)) throw error
      }
    }
    return attempt(ways.at(-1)!, lastPatience, url, token, events)
  }

/** Open is not enough: what the server says, its welcome first, must come through. An end that says why is its word, too. */
function attempt(way: Way, patience: number, url: string, token: string, events: TransportEvents): Promise<Transport> {
  const giving = new AbortController()
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
      giving.abort()
      transport?.close()
      failed(error)
    }
    const late = setTimeout(() => fail(new WayClosed('Nothing came through.')), patience)
    const mine: TransportEvents = {
      frame: (frame) => {
        if (over) return
        heard = true
        events.frame(frame)
        look()
      },
      closed: (reason) => {
        if (over) return
        if (!heard && reason === 'lost') return fail(new WayClosed('It ended before anything came through.'))
        heard = true
        events.closed(reason)
        look()
      },
    }
    way(url, token, mine, giving.signal).then((open) => {
      transport = open
      if (over) open.close()
      else look()
    }, fail)
  })
}
