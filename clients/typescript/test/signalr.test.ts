import { afterEach, expect, test, vi } from 'vitest'
import { refusalIn, signalRTransport } from '../src/transport/signalr.ts'

const events = { frame: () => undefined, closed: () => undefined }

afterEach(() => vi.unstubAllGlobals())

test('A token that the negotiation refuses is said to be refused, and no other way is tried', async () => {
  const fetch = vi.fn(() => Promise.resolve(new Response('', { status: 401, statusText: 'Unauthorized' })))
  vi.stubGlobal('fetch', fetch)
  await expect(signalRTransport('http://server', { userId: 'alice', token: 'old' }, events)).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(fetch.mock.calls.length).toBeLessThanOrEqual(2)
})

test('A server that is not there, or is leaving, is asked in one way alone', async () => {
  const fetch = vi.fn(() => Promise.resolve(new Response('', { status: 503 })))
  vi.stubGlobal('fetch', fetch)
  await expect(signalRTransport('http://server', { userId: 'alice', token: 'good' }, events)).rejects.toThrow('503')
  expect(fetch).toHaveBeenCalledTimes(1)
})

test('A call that failed on the server without a code is a bug there, and one that ended with the connection is none', () => {
  expect(refusalIn("An unexpected error occurred invoking 'SendMessage' on the server. HubException: too_large: Long.")).toEqual({ code: 'too_large', message: 'Long.' })
  expect(refusalIn("An unexpected error occurred invoking 'SendMessage' on the server.")).toMatchObject({ code: 'internal' })
  expect(refusalIn('Invocation canceled due to the underlying connection being closed.')).toBeUndefined()
})

test('What an older server has no method for is refused, not waited for', () => {
  expect(refusalIn("Failed to invoke 'Edit' due to an error on the server. HubException: Method does not exist.")).toMatchObject({ code: 'bad_request' })
})
