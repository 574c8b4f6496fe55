import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { pass, settle, Rig } from './rig.ts'

const call = 'POST /v1/auth/password'
const refresh = 'POST /v1/auth/refresh'
const pair = (name: string) => ({ accessToken: `access-${name}`, refreshToken: `refresh-${name}`, expiresIn: 900 })

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const refusal = (code: ChatError['code']) => () => {
  throw new ChatError(code, 'No.')
}

test('A changed password goes on with the pair that is answered, and stores it', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  const bodies: unknown[] = []
  rig.routes.set(call, (body) => (bodies.push(body), pair('new')))

  await client.changePassword('secret', 'battery staple')

  expect(bodies).toEqual([{ currentPassword: 'secret', newPassword: 'battery staple' }])
  expect((await store.load()).session).toMatchObject({ userId: 'alice', accessToken: 'access-new', refreshToken: 'refresh-new' })
  expect(rig.sent('auth').at(-1)).toEqual({ type: 'auth', token: 'access-new' })
})

test('A connection that the server closes before it answers is no end of the session', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  rig.routes.set(refresh, refusal('unauthenticated'))
  rig.routes.set(call, async () => {
    await rig.cut('revoked')
    return pair('new')
  })

  await client.changePassword('secret', 'battery staple')
  await pass(1_000)

  expect(client.session).toMatchObject({ userId: 'alice' })
  expect((await store.load()).session).toMatchObject({ refreshToken: 'refresh-new' })
  expect(rig.isOpen).toBe(true)
  expect(rig.requests).not.toContain(refresh)
})

test.each(['forbidden', 'bad_request', 'rate_limited', 'unavailable'] as const)('A change that is refused with %s changes nothing', async (code) => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  rig.routes.set(call, refusal(code))

  await expect(client.changePassword('wrong', 'battery staple')).rejects.toMatchObject({ code })

  expect((await store.load()).session).toMatchObject({ refreshToken: 'refresh-1' })
  expect(rig.isOpen).toBe(true)
})

test('A change whose answer is lost ends the session as one that ran out, and nothing is deleted', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await client.send('@bob', 'mine')
  rig.routes.set(call, refusal('network'))
  rig.routes.set(refresh, refusal('unauthenticated'))

  await expect(client.changePassword('secret', 'battery staple')).rejects.toMatchObject({ code: 'network' })
  await rig.cut('revoked')
  await settle()

  expect(client.connection).toMatchObject({ status: 'signedOut', reason: 'expired' })
  expect((await store.load()).outbox).toHaveLength(1)
})

test('A token that is nearly over is renewed first', async () => {
  const client = await rig.online()
  const tokens: unknown[] = []
  rig.routes.set(refresh, refusal('unavailable'))
  await pass(880_000)
  rig.routes.set(refresh, () => pair('renewed'))
  rig.routes.set(call, () => (tokens.push(client.session), pair('new')))

  await client.changePassword('secret', 'battery staple')

  expect(rig.requests.slice(-2)).toEqual([refresh, call])
  expect(tokens).toMatchObject([{ accessToken: 'access-renewed' }])
})

test('Signed out there is no password to change', async () => {
  const client = await rig.open()

  await expect(client.changePassword('secret', 'battery staple')).rejects.toMatchObject({ code: 'unauthenticated' })

  expect(rig.requests).toEqual([])
})
