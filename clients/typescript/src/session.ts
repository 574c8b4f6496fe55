import type { Change, Session, SignedOutReason } from './changes.ts'
import { ChatError } from './errors.ts'
import type { LinkTokens } from './link.ts'
import type { Tokens } from './protocol.ts'
import type { Rest } from './rest.ts'
import type { ChatStore } from './store/store.ts'
import type { Lock } from './tabs.ts'

/** A token with less left is renewed before it is used, ms. */
const leastLeft = 30_000
/** Of its life, after which the access token is renewed unasked. */
const renewAfter = 0.8
/** Before a renewal that failed is tried again, ms. */
const retryPause = 10_000
/** Over what time the renewals of tabs that cannot wait for each other are spread, ms. */
const spread = 30_000

export interface SessionHome {
  session(): Session | undefined
  /** Writes, applies, and tells the other tabs. */
  commit(changes: Change[]): Promise<void>
  /** Applies alone: the store could not be written. */
  apply(changes: Change[]): void
}

/**
 * The tokens. A refresh token works once, so one renewal runs at a time in all tabs together, each looks first whether another tab has done
 * it, and its outcome is stored before it is used.
 */
export class SessionTokens implements LinkTokens {
  private readonly rest: Rest
  private readonly store: ChatStore
  private readonly lock: Lock
  private readonly home: SessionHome
  private renewing: Promise<string> | undefined
  private changing: Promise<void> | undefined
  private planned: ReturnType<typeof setTimeout> | undefined
  private closed = false
  /** An answer to a renewal was lost, and with it perhaps the only good refresh token: a refusal then is nobody's revocation. */
  private answerLost = false
  /** What could not be stored in the place of a refresh token that is used up. */
  private unsaved: { readonly replaces: string; readonly session: Session } | undefined

  constructor(rest: Rest, store: ChatStore, lock: Lock, home: SessionHome) {
    this.rest = rest
    this.store = store
    this.lock = lock
    this.home = home
  }

  async fresh(): Promise<string> {
    const session = this.home.session()
    if (!session) throw sessionOver()
    return session.expiresAt - Date.now() < leastLeft ? this.renew(false) : session.accessToken
  }

  /** Renews the token unasked, when most of its life is gone. @param exclusive This tab alone does so. */
  planRenewal(exclusive: boolean): void {
    this.unplan()
    const session = this.home.session()
    if (!session || this.closed) return
    // The others find that one of them was there.
    const apart = exclusive ? 0 : Math.random() * spread
    const again = () => (this.planned = setTimeout(() => this.planRenewal(exclusive), retryPause))
    this.planned = setTimeout(() => this.renew(false).catch(again), Math.max(0, session.renewAt + apart - Date.now()))
  }

  unplan(): void {
    clearTimeout(this.planned)
  }

  /** Plans none any more, and waits for what is under way. */
  async close(): Promise<void> {
    this.closed = true
    this.unplan()
    await this.renewing?.catch(() => undefined)
    await this.changing
  }

  /** A renewal that the server refuses ends the session. */
  renew(revoked: boolean): Promise<string> {
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
      tokens = await this.rest.call<Tokens>('POST', '/v1/auth/password', session.accessToken, passwords)
    } catch (error) {
      // Perhaps it was changed, and the tokens here are void.
      if (error instanceof ChatError && error.code === 'network') this.answerLost = true
      throw error
    }
    await this.adopt(session, tokens)
  }

  private async renewLocked(used: string | undefined, revoked: boolean): Promise<string> {
    const { session, owner } = await this.stored()
    // Another tab has ended it, and this one has not heard so.
    if (!session) return this.end(owner === undefined ? 'signedOut' : 'expired')
    if (session.accessToken !== used && session.expiresAt - Date.now() >= leastLeft) return this.take(session)
    let tokens: Tokens
    try {
      tokens = await this.rest.call<Tokens>('POST', '/v1/auth/refresh', undefined, { refreshToken: session.refreshToken })
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
      if (error.code === 'network') this.answerLost = true
      if (error.code !== 'unauthenticated' && error.code !== 'token_expired') throw error
      const { session: now } = await this.stored()
      // Another tab has renewed it meanwhile: the refusal is of a pair that is nobody's any more.
      if (now && now.refreshToken !== session.refreshToken) return this.take(now)
      return this.end(revoked && !this.answerLost ? 'revoked' : 'expired')
    }
    return this.adopt(session, tokens)
  }

  private async adopt(old: Session, tokens: Tokens): Promise<string> {
    const { session: now } = await this.stored()
    if (now?.userId !== old.userId || now.deviceId !== old.deviceId) {
      // The user signed out, or another one in, while the answer was on its way: these tokens are nobody's.
      await this.rest.call('POST', '/v1/auth/logout', undefined, { refreshToken: tokens.refreshToken }).catch(() => undefined)
      throw sessionOver()
    }
    // Another tab was first. What it has may be this same pair, which the server answers again for a minute.
    if (now.refreshToken !== old.refreshToken) return this.take(now)
    const renewed = { type: 'signedIn' as const, session: sessionOf(old.userId, old.deviceId, tokens) }
    try {
      await this.home.commit([renewed])
      this.unsaved = undefined
    } catch {
      this.unsaved = { replaces: this.unsaved?.replaces ?? old.refreshToken, session: renewed.session }
      this.home.apply([renewed])
    }
    this.answerLost = false
    return tokens.accessToken
  }

  /** Goes on with what the store has. */
  private take(session: Session): string {
    this.home.apply([{ type: 'signedIn', session }])
    this.answerLost = false
    return session.accessToken
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

const sessionOver = () => new ChatError('unauthenticated', 'Nobody is signed in.')
