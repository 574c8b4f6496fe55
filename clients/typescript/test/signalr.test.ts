import { afterEach, expect, test, vi } from 'vitest'
import { signalRTransport } from '../src/transport/signalr.ts'

const events = { frame: () => undefined, closed: () => undefined }

afterEach(() => vi.unstubAllGlobals())

test('A token that the negotiation refuses is said to be refused, and no other way is tried', async () => {
  const fetch = vi.fn(() => Promise.resolve(new Response('', { status: 401, statusText: 'Unauthorized' })))
  vi.stubGlobal('fetch', fetch)
  await expect(signalRTransport('http://server', 'old', events)).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(fetch.mock.calls.length).toBeLessThanOrEqual(2)
})

test('A server that is not there, or is leaving, is asked in one way alone', async () => {
  const fetch = vi.fn(() => Promise.resolve(new Response('', { status: 503 })))
  vi.stubGlobal('fetch', fetch)
  await expect(signalRTransport('http://server', 'good', events)).rejects.toThrow('503')
  expect(fetch).toHaveBeenCalledTimes(1)
})
