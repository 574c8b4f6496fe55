import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Change, Session } from '../src/changes.ts'
import { ChatClient } from '../src/client.ts'
import { leaseLock } from '../src/lease.ts'
import { RestClient } from '../src/restClient.ts'
import { SessionTokens } from '../src/sessionTokens.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { randomId } from '../src/ids.ts'

const url = 'http://server'
const pair = (n: number) => ({ accessToken: `access-${n}`, refreshToken: `refresh-${n}`, expiresIn: 900 })
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const refused = () => json({ code: 'unauthenticated', title: 'No.' }, 401)
const turn = () => new Promise((over) => setTimeout(over, 5))

/** The server's sessions: a refresh token works once, and used again it ends the session. */
class Family {
  tokens = 1
  ended = false
  readonly calls: string[] = []

  readonly fetch = async (address: string, { body }: RequestInit): Promise<Response> => {
    const call = new URL(address).pathname
    this.calls.push(call)
    // Long enough for two to be under way at once.
    await turn()
    if (call === '/v1/auth/login') return json(pair(this.tokens))
    if (call === '/v1/auth/logout') this.ended = true
    if (call !== '/v1/auth/refresh') return json({ conversations: [], epoch: 'e' })
    const { refreshToken } = JSON.parse(body as string) as { refreshToken: string }
    if (refreshToken !== `refresh-${this.tokens}`) this.ended = true
    return this.ended ? refused() : json(pair(++this.tokens))
  }
}

describe('Two tabs on plain http', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.stubGlobal('window', new EventTarget())
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
    vi.stubGlobal('navigator', {})
    vi.stubGlobal('self', globalThis)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  test.each(['tab', 'service worker'])('are both signed in after a sleep past the end of their token, the other one a %s', async (kind) => {
    const server = new Family()
    const name = randomId(8)
    const connect = vi.fn(() => Promise.reject(new Error('asleep')))
    const open = () => ChatClient.open({ url, name, connect, fetch: server.fetch })
    const one = await open()
    await one.signIn('alice', 'secret')
    // A service worker has no window.
    if (kind === 'service worker') vi.stubGlobal('window', undefined)
    const other = await open()
    await vi.waitUntil(() => other.session !== undefined && connect.mock.calls.length > 1)

    vi.setSystemTime(Date.now() + 8 * 3_600_000)
    const calls = await Promise.allSettled([one.getDevices(), other.getDevices()])
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(one.session).toBeDefined()
    expect(other.session).toBeDefined()
    expect(server.calls.filter((call) => call === '/v1/auth/refresh')).toHaveLength(1)
    await Promise.all([one.close(), other.close()])
  })
})

describe('A lease', () => {
  test('lets one in at a time', async () => {
    const name = randomId(8)
    const inside: number[] = []
    let most = 0
    const work = async (n: number) => {
      inside.push(n)
      most = Math.max(most, inside.length)
      await turn()
      inside.splice(inside.indexOf(n), 1)
      return n
    }
    expect(await Promise.all([1, 2, 3].map((n) => leaseLock(name)('renew', () => work(n))))).toEqual([1, 2, 3])
    expect(most).toBe(1)
  })

  test('of a tab that is gone ends by itself, and one whose work failed is given back', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const name = randomId(8)
    const lock = leaseLock(name)
    await expect(lock('renew', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    void lock('renew', () => new Promise(() => undefined))
    let entered = false
    const next = lock('renew', () => Promise.resolve((entered = true)))
    await turn()
    expect(entered).toBe(false)
    vi.setSystemTime(Date.now() + 30_001)
    await next
    expect(entered).toBe(true)
    vi.useRealTimers()
  })

  test('is done without where the browser keeps nothing', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await leaseLock('none')('renew', () => Promise.resolve(1))).toBe(1)
    vi.unstubAllGlobals()
  })
})

describe('Two renewals at once, where no lock keeps them apart', () => {
  const renewed = { userId: 'alice', token: 'access-2' }
  const session: Session = { userId: 'alice', deviceId: 'd', accessToken: 'access-1', refreshToken: 'refresh-1', expiresAt: 0, renewAt: 0 }

  function tab(store: MemoryStore, fetch: Family['fetch']) {
    const ended: string[] = []
    let mine: Session | undefined = session
    const apply = (changes: Change[]) => {
      for (const change of changes) {
        if (change.type === 'signedIn') mine = change.session
        if (change.type === 'signedOut') ended.push(change.reason)
      }
    }
    const commit = async (changes: Change[]) => {
      await store.write(changes)
      apply(changes)
    }
    const tokens = new SessionTokens(new RestClient(url, fetch), store, (_, work) => work(), { session: () => mine, commit, apply })
    return { tokens, ended, session: () => mine }
  }

  test('keep the pair that both were answered', async () => {
    const store = new MemoryStore()
    await store.write([{ type: 'signedIn', session }])
    const calls: string[] = []
    const fetch: Family['fetch'] = async (address) => {
      calls.push(new URL(address).pathname)
      await turn()
      return json(pair(2))
    }
    const [one, other] = [tab(store, fetch), tab(store, fetch)]
    expect(await Promise.all([one.tokens.renew(false), other.tokens.renew(false)])).toEqual([renewed, renewed])
    expect(calls).toEqual(['/v1/auth/refresh', '/v1/auth/refresh'])
    expect([one, other].map((each) => each.session()?.refreshToken)).toEqual(['refresh-2', 'refresh-2'])
  })

  test('do not sign out by the refusal of a pair that is not the stored one any more', async () => {
    const store = new MemoryStore()
    await store.write([{ type: 'signedIn', session }])
    let first = true
    const fetch: Family['fetch'] = async () => {
      if (first) {
        first = false
        return json(pair(2))
      }
      await turn()
      await turn()
      return refused()
    }
    const [one, other] = [tab(store, fetch), tab(store, fetch)]
    expect(await Promise.all([one.tokens.renew(false), other.tokens.renew(true)])).toEqual([renewed, renewed])
    expect([...one.ended, ...other.ended]).toEqual([])
    expect((await store.load()).session?.refreshToken).toBe('refresh-2')
  })

  test('end the session when what is stored was refused', async () => {
    const store = new MemoryStore()
    await store.write([{ type: 'signedIn', session }])
    const { tokens, ended } = tab(store, () => Promise.resolve(refused()))
    await expect(tokens.renew(false)).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(ended).toEqual(['expired'])
  })
})
