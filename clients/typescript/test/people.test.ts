import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { direct, message, pass, Rig } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

test('Typing ends by itself, and with the message', async () => {
  const client = await rig.online()
  await rig.says(message(1), { type: 'typing', conversationId: direct, userId: 'bob', active: true })
  expect(client.findConversation(direct)!.typing).toEqual(['bob'])
  await pass(6_000)
  expect(client.findConversation(direct)!.typing).toEqual([])
  await rig.says({ type: 'typing', conversationId: direct, userId: 'bob', active: true }, message(2))
  expect(client.findConversation(direct)!.typing).toEqual([])
})

test('Presence is asked for as a whole, and again on each connection', async () => {
  const client = await rig.online()
  client.watch(['bob', 'carol'])
  await rig.says({ type: 'presence', userId: 'bob', online: true })
  client.watch(['bob', 'dave'])
  expect(rig.sent('presence')).toEqual([
    { type: 'presence', subscribe: ['bob', 'carol'], unsubscribe: [] },
    { type: 'presence', subscribe: ['dave'], unsubscribe: ['carol'] },
  ])
  expect(client.presenceOf('bob')).toEqual({ online: true })
  await rig.cut()
  await pass(1_000)
  expect(rig.sent('presence')).toEqual([{ type: 'presence', subscribe: ['bob', 'dave'], unsubscribe: [] }])
})

test('Who becomes visible by a first message is asked for again', async () => {
  const client = await rig.online()
  client.watch(['bob'])
  await rig.says(message(1), message(2))
  await pass(200)
  expect(rig.sent('presence').map(({ subscribe }) => subscribe)).toEqual([['bob'], ['bob']])
})
