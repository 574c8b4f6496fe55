import type { SignedInCaller } from './caller.ts'
import type { Change, Session, SignedOutReason } from './changes.ts'
import { ChatError } from './errors.ts'
import type { AccessTokens } from './connector.ts'
import type { Tokens } from './protocol.ts'
import type { RestClient } from './restClient.ts'
import type { ChatStore } from './store/store.ts'
import type { Lock } from './tabs.ts'

/** A token that expires sooner is renewed before it is used, ms. */
const leastLeft = 30_000
/** The share of its life after which the access token is renewed. */
const renewAfter = 0.8
/** Before a renewal that failed is tried again, ms. */
const retryPause = 10_000
/** The renewals of tabs that have no lock in common are spread over this time, ms. */
const spread = 30_000

export interface SessionHolder {
  session(): Session | undefined
  /** Writes, applies, and sends to the other tabs. */
  commit(changes: Change[]): Promise<void>
  /** Only applies: the store could not be written. */
  apply(changes: Change[]): void
}

/**
 * The session's tokens. A refresh token works once, so one renewal at a time runs in all tabs together. Each first checks whether another tab has
 * renewed, and a new token is stored before it is used.
 */
export class SessionTokens implements AccessTokens {
  private readonly rest: RestClient
  private readonly store: ChatStore
  private readonly lock: Lock
  private readonly home: SessionHolder
  private renewing: Promise<SignedInCaller> | undefined
  private changing: Promise<void> | undefined
  private planned: ReturnType<typeof setTimeout> | undefined
  private closed = false
  /** The answer to a renewal was lost, and perhaps the only valid refresh token with it: a refusal then does not mean that the device was revoked. */
  private answerLost = false
  /** A session that could not be stored, and the used refresh token that it replaces. */
  private unsaved: { readonly replaces: string; readonly session: Session } | undefined

  constructor(rest: RestClient, store: ChatStore, lock: Lock, home: SessionHolder) {
    this.rest = rest
    this.store = store
    this.lock = lock
    this.home = home
  }

  async fresh(): Promise<SignedInCaller> {
    const session = this.home.session()
    if (!session) throw sessionOver()
    return session.expiresAt - Date.now() < leastLeft ? this.renew(false) : callerOf(session)
  }

  /** Renews the token when most of its life is over. @param exclusive Only this tab does so. */
  planRenewal(exclusive: boolean): void {
    this.unplan()
    const session = this.home.session()
    if (!session || this.closed) return
    // Tabs that come later find the token renewed.
    const apart = exclusive ? 0 : Math.random() * spread
    const again = () => (this.planned = setTimeout(() => this.planRenewal(exclusive), retryPause))
    this.planned = setTimeout(() => this.renew(false).catch(again), Math.max(0, session.renewAt + apart - Date.now()))
  }

  unplan(): void {
    clearTimeout(this.planned)
  }

  /** Plans no more renewals, and waits for the one that runs. */
  async close(): Promise<void> {
    this.closed = true
    this.unplan()
    await this.renewing?.catch(() => undefined)
    await this.changing
  }

  /** A renewal that the server refuses ends the session. */
  renew(revoked: boolean): Promise<SignedInCaller> {
    const used = this.home.session()?.accessToken
    return (this.renewing ??= this.lock('renew', () => this.renewLocked(used, revoked)).finally(() => (this.renewing = undefined)))
  }

  /**
   * Changes the password. It voids every token given out before, and the session goes on with the pair that is answered. Renewals wait for it in
   * all tabs, as the server may close the connection before it answers.
   */
  changePassword(currentPassword: string, newPassword: string): Promise<void> {
    const change = this.lock('renew', () => this.changeLocked({ currentPassword, newPassword }))
    this.changing = change.catch(() => undefined)
    return change
  }

  private async changeLocked(passwords: { currentPassword: string; newPassword: string }): Promise<void> {
    let { session } = await this.stored()
    if (!session) throw sessionOver()
    if (session.expiresAt - Date.now() < leastLeft) {
      await this.renewLocked(session.accessToken, false)
      session = this.home.session()
      if (!session) throw sessionOver()
    }
    let tokens: Tokens
    try {
      tokens = await this.rest.call<Tokens>('POST', '/v1/auth/password', callerOf(session), passwords)
    } catch (error) {
      // It may have been changed, and then the tokens here are void.
      if (error instanceof ChatError && error.code === 'network') this.answerLost = true
      throw error
    }
    await this.adopt(session, tokens)
  }

  private async renewLocked(used: string | undefined, revoked: boolean): Promise<SignedInCaller> {
    const { session, owner } = await this.stored()
    // Another tab has ended the session, and this one was not told.
    if (!session) return this.end(owner === undefined ? 'signedOut' : 'expired')
    if (session.accessToken !== used && session.expiresAt - Date.now() >= leastLeft) return this.use(session)
    let tokens: Tokens
    try {
      tokens = await this.rest.call<Tokens>('POST', '/v1/auth/refresh', { userId: session.userId }, { refreshToken: session.refreshToken })
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
      if (error.code === 'network') this.answerLost = true
      if (error.code !== 'unauthenticated' && error.code !== 'token_expired') throw error
      const { session: now } = await this.stored()
      // Another tab has renewed it meanwhile: the refused pair is not in use any more.
      if (now && now.refreshToken !== session.refreshToken) return this.use(now)
      return this.end(revoked && !this.answerLost ? 'revoked' : 'expired')
    }
    return this.adopt(session, tokens)
  }

  private async adopt(old: Session, tokens: Tokens): Promise<SignedInCaller> {
    const { session: now } = await this.stored()
    if (now?.userId !== old.userId || now.deviceId !== old.deviceId) {
      // The user signed out, or another one signed in, meanwhile: these tokens are not needed.
      await this.rest.call('POST', '/v1/auth/logout', { userId: old.userId }, { refreshToken: tokens.refreshToken }).catch(() => undefined)
      throw sessionOver()
    }
    // Another tab was first. It may have the same pair, which the server gives again for a minute.
    if (now.refreshToken !== old.refreshToken) return this.use(now)
    const renewed = { type: 'signedIn' as const, session: sessionOf(old.userId, old.deviceId, tokens) }
    try {
      await this.home.commit([renewed])
      this.unsaved = undefined
    } catch {
      this.unsaved = { replaces: this.unsaved?.replaces ?? old.refreshToken, session: renewed.session }
      this.home.apply([renewed])
    }
    this.answerLost = false
    return callerOf(renewed.session)
  }

  /** Uses the session that is stored. */
  private use(session: Session): SignedInCaller {
    this.home.apply([{ type: 'signedIn', session }])
    this.answerLost = false
    return callerOf(session)
  }

  private async stored(): Promise<{ session?: Session; owner?: string }> {
    const { session, owner } = await this.store.load()
    return { owner, session: session && session.refreshToken === this.unsaved?.replaces ? this.unsaved.session : session }
  }

  private async end(reason: SignedOutReason): Promise<never> {
    if (this.home.session()) await this.home.commit([{ type: 'signedOut', reason }])
    throw sessionOver()
  }
}

export const sessionOf = (userId: string, deviceId: string, { accessToken, refreshToken, expiresIn }: Tokens): Session => ({
  userId,
  deviceId,
  accessToken,
  refreshToken,
  expiresAt: Date.now() + expiresIn * 1000,
  renewAt: Date.now() + expiresIn * 1000 * renewAfter,
})

const callerOf = ({ userId, accessToken }: Session): SignedInCaller => ({ userId, token: accessToken })

const sessionOver = () => new ChatError('unauthenticated', 'Nobody is signed in.')
