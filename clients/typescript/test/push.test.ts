import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { Rig } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

test('A device subscribes with what the browser gave it, and ends it', async () => {
  const subscribed: unknown[] = []
  rig.routes.set('GET /v1/push/key', () => ({ key: 'BK' }))
  rig.routes.set('PUT /v1/push', (body) => void subscribed.push(body))
  rig.routes.set('DELETE /v1/push', () => undefined)
  const client = await rig.online()
  expect(await client.push.key()).toBe('BK')
  const address = { kind: 'webpush', endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' } } as const
  await client.push.subscribe({ ...address, content: 'sender' })
  expect(subscribed).toEqual([{ ...address, content: 'sender' }])
  await client.push.unsubscribe()
  expect(rig.requests.slice(-3)).toEqual(['GET /v1/push/key', 'PUT /v1/push', 'DELETE /v1/push'])
})

test('A server without Web Push has no key', async () => {
  rig.routes.set('GET /v1/push/key', () => {
    throw new ChatError('not_found', 'No Web Push.')
  })
  const client = await rig.online()
  await expect(client.push.key()).rejects.toMatchObject({ code: 'not_found' })
})
