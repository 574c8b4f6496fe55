import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { signalRTransport } from '../src/transport/signalr.ts'
import { webSocketTransport } from '../src/transport/websocket.ts'
import { Rig, direct, pass, settle } from './rig.ts'

const alice = { userId: 'alice', token: 'secret' }
const events = { frame: () => undefined, closed: () => undefined }
let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('Every request and connection says whose it is, from the first to signing out', async () => {
  const client = await rig.online()
  client.openTimeline(direct)
  await rig.cut()
  // Long enough for a renewal.
  await pass(900_000)
  await client.signOut()
  await settle()

  for (const call of ['login', 'refresh', 'logout']) expect(rig.requests).toContain(`POST /v1/auth/${call}`)
  expect(rig.connections).toBeGreaterThan(1)
  expect(new Set(rig.hints)).toEqual(new Set(['alice']))
})

test('So does who makes an account, and the next user is another one', async () => {
  const client = await rig.open()
  await client.register('alice', 'secret')
  await client.signOut()
  await settle()
  const before = rig.hints.length
  await client.signIn('bob', 'secret')
  await settle()

  expect(new Set(rig.hints.slice(0, before))).toEqual(new Set(['alice']))
  expect(new Set(rig.hints.slice(before))).toEqual(new Set(['bob']))
})

test('The hub is told at its negotiation, and the WebSocket in its address', async () => {
  const asked: string[] = []
  vi.stubGlobal('fetch', (address: string | URL) => {
    asked.push(String(address))
    return Promise.resolve(new Response('', { status: 401, statusText: 'Unauthorized' }))
  })
  class Refused {
    onclose: (event: { code: number }) => void = () => undefined
    constructor(address: string) {
      asked.push(address)
      queueMicrotask(() => this.onclose({ code: 1006 }))
    }
    close(): void {}
  }
  for (const connect of [signalRTransport, webSocketTransport(Refused as unknown as typeof WebSocket)])
    await expect(connect('http://server/chat/', alice, events)).rejects.toBeInstanceOf(ChatError)

  const paths = asked.map((address) => new URL(address)).map(({ pathname, searchParams }) => `${pathname} ${searchParams.get('user')}`)
  expect(new Set(paths)).toEqual(new Set(['/chat/hub/negotiate alice', '/chat/ws alice', '/chat/v1/devices alice']))
})
