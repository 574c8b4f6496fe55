/** Whose request it is. */
export interface Caller {
  /** Put into the request's address: a load balancer sends all requests of one user to one server. The server itself does not read it. */
  readonly userId: string
  /** The access token; undefined for the calls that need none. */
  readonly token?: string
}

/** A caller with a token. */
export type SignedInCaller = Required<Caller>

/** The address with the routing hint of docs/protocol.md. */
export const withRoutingHint = (address: string, { userId }: Caller): string =>
  `${address}${address.includes('?') ? '&' : '?'}user=${encodeURIComponent(userId)}`
