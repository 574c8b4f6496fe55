import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { pauseBefore } from '../src/connector.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { message, pass, direct, settle, Rig } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const refreshes = () => rig.requests.filter((request) => request === 'POST /v1/auth/refresh').length
const refused = () => new ChatError('unauthenticated', 'No.')

test('Pauses are random below a bound that doubles up to half a minute', () => {
  for (let attempt = 0; attempt < 20; attempt++)
    for (let i = 0; i < 50; i++) expect(pauseBefore(attempt)).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** attempt))
  expect(new Set(Array.from({ length: 50 }, () => pauseBefore(3))).size).toBeGreaterThan(40)
})

test('A lost connection comes back, and says when', async () => {
  const client = await rig.online()
  expect(client.connection).toEqual({ status: 'online', caughtUp: true })
  vi.spyOn(Math, 'random').mockReturnValueOnce(0.5)
  await rig.cut()
  expect(client.connection).toMatchObject({ status: 'offline', caughtUp: false })
  expect(client.connection.retryAt! - Date.now()).toBeLessThanOrEqual(500)
  await pass(500)
  expect(client.connection.status).toBe('online')
})

test('The pause need not be waited for', async () => {
  const client = await rig.online()
  rig.refuseConnections = new ChatError('network', 'gone')
  await rig.cut()
  await pass(60_000)
  rig.refuseConnections = undefined
  const { connections } = rig
  client.retryNow()
  await settle()
  expect(rig.connections).toBe(connections + 1)
})

test('A server that leaves says when to come back', async () => {
  const client = await rig.online()
  await rig.says({ type: 'goAway', afterMs: 1_300 })
  await client.send('@bob', 'still works')
  expect(rig.sent('message')).toHaveLength(1)
  await pass(1_299)
  expect(rig.connections).toBe(1)
  await pass(2)
  expect(rig.connections).toBe(2)
})

test('A server that leaves sooner is not called back before it said', async () => {
  await rig.online()
  await rig.says({ type: 'goAway', afterMs: 5_000 })
  await rig.cut()
  await pass(4_999)
  expect(rig.connections).toBe(1)
  await pass(1)
  expect(rig.connections).toBe(2)
})

test('A device that was taken over waits to be taken back', async () => {
  const client = await rig.online()
  await rig.cut('replaced')
  await pass(600_000)
  expect(client.connection.status).toBe('replaced')
  expect(rig.connections).toBe(1)
  client.takeOver()
  await settle()
  expect(rig.connections).toBe(2)
})

test('The token is renewed at four fifths of its life, and the connection is told', async () => {
  await rig.online()
  await pass(719_999)
  expect(refreshes()).toBe(0)
  await pass(1)
  expect(refreshes()).toBe(1)
  expect(rig.sent('auth')).toEqual([{ type: 'auth', token: 'access-2' }])
  await pass(720_000)
  expect(rig.sent('auth')).toHaveLength(2)
})

test('A refused call renews the token once, for all that were refused with it', async () => {
  const client = await rig.online()
  rig.routes.set('GET /v1/devices', () => {
    if (rig.tokens === 1) throw refused()
    return { devices: [] }
  })
  expect(await Promise.all([client.getDevices(), client.getDevices()])).toEqual([[], []])
  expect(refreshes()).toBe(1)
})

test('A renewal whose answer is lost is tried again', async () => {
  const client = await rig.online()
  const refresh = rig.routes.get('POST /v1/auth/refresh')!
  const presented: unknown[] = []
  rig.routes.set('POST /v1/auth/refresh', (body) => {
    presented.push(body)
    throw new ChatError('network', 'lost')
  })
  await pass(720_000)
  rig.routes.set('POST /v1/auth/refresh', (body, url) => {
    presented.push(body)
    return refresh(body, url)
  })
  await pass(10_001)
  // With the same token, which the server takes again for a minute.
  expect(presented).toEqual([{ refreshToken: 'refresh-1' }, { refreshToken: 'refresh-1' }])
  expect(rig.sent('auth')).toHaveLength(1)
  expect(client.session).toBeDefined()
})

test('A session that has ended keeps what its user has written', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1))
  rig.routes.set('POST /v1/auth/refresh', () => {
    throw refused()
  })
  await rig.cut('tokenExpired')
  expect(client.connection).toEqual({ status: 'signedOut', caughtUp: false, reason: 'expired' })
  expect(client.session).toBeUndefined()
  expect(client.conversations).toHaveLength(1)

  await client.signIn('alice', 'secret')
  await settle()
  expect(rig.connections).toBe(2)
  expect(client.conversations).toHaveLength(1)
})

test('A revoked device forgets everything, and what it is called', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  const { deviceId } = client.session!
  await rig.says(message(1))
  rig.routes.set('POST /v1/auth/refresh', () => {
    throw refused()
  })
  await rig.cut('revoked')
  expect(client.connection).toMatchObject({ status: 'signedOut', reason: 'revoked' })
  expect(client.conversations).toEqual([])
  expect(await store.messages(direct, 1, 9, 9)).toEqual([])

  await client.signIn('alice', 'secret')
  expect(client.session!.deviceId).not.toBe(deviceId)
})

test('A device that was revoked while it was away forgets everything, too', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  rig.refuseConnections = refused()
  rig.routes.set('POST /v1/auth/refresh', () => {
    throw refused()
  })
  await rig.cut()
  await pass(500)
  expect(client.connection).toMatchObject({ status: 'signedOut', reason: 'revoked' })
  expect(client.conversations).toEqual([])
})

test('A lost answer to a renewal is not taken for a revocation', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  rig.routes.set('POST /v1/auth/refresh', () => {
    throw new ChatError('network', 'lost')
  })
  await pass(720_000)
  rig.routes.set('POST /v1/auth/refresh', () => {
    throw refused()
  })
  await rig.cut('revoked')
  expect(client.connection).toMatchObject({ status: 'signedOut', reason: 'expired' })
  expect(client.conversations).toHaveLength(1)
})

test('The next user does not see the last one’s conversations', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  rig.routes.set('POST /v1/auth/refresh', () => {
    throw refused()
  })
  await rig.cut('tokenExpired')
  await client.signIn('mallory', 'secret')
  expect(client.conversations).toEqual([])
})

test('Signing out ends the connection and comes in anew with the same device', async () => {
  const client = await rig.online()
  const { deviceId } = client.session!
  await client.signOut()
  await settle()
  expect(rig.requests).toContain('POST /v1/auth/logout')
  expect(rig.isOpen).toBe(false)
  await client.signIn('alice', 'secret')
  await settle()
  expect(client.session!.deviceId).toBe(deviceId)
  expect(rig.isOpen).toBe(true)
})

test('A refused handshake renews the token before the next attempt', async () => {
  const client = await rig.online()
  rig.refuseConnections = refused()
  vi.spyOn(Math, 'random').mockReturnValueOnce(0)
  await rig.cut()
  await pass(1)
  expect(refreshes()).toBe(1)
  rig.refuseConnections = undefined
  await pass(2_000)
  expect(client.connection.status).toBe('online')
})

test('A closed client is silent', async () => {
  const client = await rig.online()
  let told = 0
  client.subscribe(() => told++)
  await client.close()
  await pass(600_000)
  expect(rig.isOpen).toBe(false)
  expect(rig.connections).toBe(1)
  expect(told).toBe(0)
})
