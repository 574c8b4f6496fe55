import type { Change, Session, SignedOutReason } from './changes.ts'
import { randomId } from './ids.ts'
import type { Tokens } from './protocol.ts'
import type { Runtime } from './runtime.ts'
import { sessionOf } from './sessionTokens.ts'

/** Signing in and out. */
export class Account {
  private readonly runtime: Runtime

  constructor(runtime: Runtime) {
    this.runtime = runtime
  }

  /** @param path Of the call that answers with tokens. */
  async enter(path: '/v1/auth/register' | '/v1/auth/login', userId: string, password: string, deviceName?: string): Promise<void> {
    const { state, journal, rest } = this.runtime
    const deviceId = state.deviceId ?? `${typeof window === 'undefined' ? 'node' : 'web'}-${randomId(8)}`
    const tokens = await rest.call<Tokens>('POST', path, { userId }, { userId, password, deviceId, deviceName })
    // What is stored belongs to another user.
    if (state.owner !== userId) await journal.commit([{ type: 'signedOut', reason: 'signedOut' }])
    // After the store was lost the outbox is in memory only, so it is written again.
    const waiting = [...state.outbox.values()].map((item): Change => ({ type: 'queued', item }))
    await journal.commit([{ type: 'signedIn', session: sessionOf(userId, deviceId, tokens) }, ...waiting])
  }

  async signOut(): Promise<void> {
    const { session } = this.runtime.state
    if (session) await this.end(session, 'signedOut')
  }

  /** The store was opened again. If the session is gone from it, the browser has deleted everything else, too. */
  async storeReopened(): Promise<void> {
    const stored = await this.runtime.store.load().catch(() => undefined)
    const { session } = this.runtime.state
    if (stored && !stored.session && session) await this.end(session, 'lost')
  }

  private async end(session: Session, reason: SignedOutReason): Promise<void> {
    await this.runtime.journal.commit([{ type: 'signedOut', reason }])
    void this.runtime.rest.call('POST', '/v1/auth/logout', { userId: session.userId }, { refreshToken: session.refreshToken }).catch(() => undefined)
  }
}
