import { describe, expect, test, vi } from 'vitest'
import { stateOf } from './push'
import { subscribeWith } from './subscribing'

const settings = { content: 'none', silent: false, language: 'en' } as const

test.each([
  ['none', { permission: undefined, hasPush: false, needsInstall: false }, true, undefined],
  ['install', { permission: undefined, hasPush: false, needsInstall: true }, true, undefined],
  ['denied', { permission: 'denied', hasPush: true, needsInstall: false }, true, settings],
  ['page', { permission: 'default', hasPush: false, needsInstall: false }, true, undefined],
  ['pageOn', { permission: 'granted', hasPush: true, needsInstall: false }, false, undefined],
  ['off', { permission: 'default', hasPush: true, needsInstall: false }, true, settings],
  ['off', { permission: 'granted', hasPush: true, needsInstall: false }, true, undefined],
  ['on', { permission: 'granted', hasPush: true, needsInstall: false }, true, settings],
] as const)('it is %s', (state, abilities, offered, kept) => {
  expect(stateOf(abilities, offered, kept)).toBe(state)
})

describe('Subscribing', () => {
  const key = 'BAEC_w'
  const bytes = new Uint8Array([4, 1, 2, 255])
  const subscriptionOf = (applicationServerKey: Uint8Array<ArrayBuffer>, endpoint = 'https://push.example/1') => ({
    options: { applicationServerKey: applicationServerKey.buffer, userVisibleOnly: true },
    toJSON: () => ({ endpoint, keys: { p256dh: 'p', auth: 'a' } }),
    unsubscribe: vi.fn(async () => true),
  })
  const rig = (existing: ReturnType<typeof subscriptionOf> | null) => {
    const push = { key: async () => key, subscribe: vi.fn(async () => undefined) }
    const manager = { getSubscription: async () => existing as never, subscribe: vi.fn(async () => subscriptionOf(bytes, 'https://push.example/2') as never) }
    return { push, manager }
  }

  test('tells the server what the browser has', async () => {
    const { push, manager } = rig(subscriptionOf(bytes))
    await subscribeWith(push, manager, 'sender')
    expect(manager.subscribe).not.toHaveBeenCalled()
    expect(push.subscribe).toHaveBeenCalledWith({ kind: 'webpush', endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' }, content: 'sender' })
  })

  test.each([
    ['has none', null],
    ['has one for another key', subscriptionOf(new Uint8Array([4, 1, 2, 254]))],
  ])('subscribes anew where the browser %s', async (_, existing) => {
    const { push, manager } = rig(existing)
    await subscribeWith(push, manager, 'none')
    expect(manager.subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: bytes })
    if (existing) expect(existing.unsubscribe).toHaveBeenCalled()
    expect(push.subscribe).toHaveBeenCalledWith(expect.objectContaining({ endpoint: 'https://push.example/2' }))
  })
})
