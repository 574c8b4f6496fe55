import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isMuted, mutedAlways } from '../src/conversationRules.ts'
import { ChatError } from '../src/errors.ts'
import type { ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { direct, message, pass, Rig, settle, summary } from './rig.ts'

const mine = `PATCH /v1/conversations/${direct}/mine`
const told = (mutedUntil: number): ServerFrame => ({ type: 'settings', conversationId: direct, mutedUntil })

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const list = (more = {}) => () => ({ conversations: [summary(1, more)], epoch: 'e1' })
const mutedUntil = (client: Awaited<ReturnType<Rig['online']>>) => client.findConversation(direct)!.mutedUntil

test('Muting asks the server, is shown and is stored', async () => {
  const bodies: unknown[] = []
  rig.routes.set(mine, (body) => {
    bodies.push(body)
    return { conversationId: direct, mutedUntil: (body as { mutedUntil: number }).mutedUntil || undefined }
  })
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1))

  await client.mute(direct, 5_000_000_000_000)
  expect(mutedUntil(client)).toBe(5_000_000_000_000)
  expect((await store.load()).conversations[0]?.mutedUntil).toBe(5_000_000_000_000)

  await client.mute(direct, undefined)
  expect(mutedUntil(client)).toBeUndefined()
  await client.mute(direct, mutedAlways)
  expect(bodies).toEqual([{ mutedUntil: 5_000_000_000_000 }, { mutedUntil: 0 }, { mutedUntil: 253_402_300_799_999 }])
})

test('A refused mute changes nothing', async () => {
  rig.routes.set(mine, () => {
    throw new ChatError('not_a_member', 'No.')
  })
  const client = await rig.online()
  await rig.says(message(1))

  await expect(client.mute(direct, mutedAlways)).rejects.toMatchObject({ code: 'not_a_member' })
  expect(mutedUntil(client)).toBeUndefined()
})

test('What another device has set is shown, and reported once', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  const changes: string[] = []
  client.subscribe((some) => changes.push(...some.map(({ type }) => type)))

  await rig.says(told(mutedAlways))
  expect(mutedUntil(client)).toBe(mutedAlways)
  await rig.says(told(0))
  expect(mutedUntil(client)).toBeUndefined()
  expect(changes).toEqual(['settings', 'settings'])
})

test('Settings of a conversation that is not known here wait for the list', async () => {
  const client = await rig.online()
  await rig.says(told(mutedAlways))
  expect(client.findConversation(direct)).toBeUndefined()
})

test('What was set while the device was away is in the list after the next connection', async () => {
  rig.routes.set('GET /v1/conversations', list())
  const client = await rig.online()
  expect(mutedUntil(client)).toBeUndefined()

  await rig.cut()
  rig.routes.set('GET /v1/conversations', list({ mutedUntil: mutedAlways }))
  await pass(5_000)
  await rig.drained()
  await pass(5_000)
  expect(mutedUntil(client)).toBe(mutedAlways)

  await rig.cut()
  rig.routes.set('GET /v1/conversations', list())
  await pass(5_000)
  await rig.drained()
  await pass(5_000)
  expect(mutedUntil(client)).toBeUndefined()
})

test('A list that was read before a change does not undo it', async () => {
  let answer = (): void => undefined
  rig.routes.set('GET /v1/conversations', list())
  const client = await rig.online()
  rig.routes.set('GET /v1/conversations', async () => {
    await new Promise<void>((over) => (answer = over))
    return list({ unreadCount: 7 })()
  })
  await pass(5_000)
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 1 })
  await pass(5_000)

  await rig.says(told(mutedAlways))
  answer()
  await settle()

  expect(client.findConversation(direct)).toMatchObject({ unreadCount: 7, mutedUntil: mutedAlways })
})

test('The answer to a mute does not undo what another device has set since', async () => {
  let answer = (): void => undefined
  rig.routes.set(mine, async () => {
    await new Promise<void>((over) => (answer = over))
    return { conversationId: direct, mutedUntil: mutedAlways }
  })
  const client = await rig.online()
  await rig.says(message(1), told(1_000_000_000_000))

  const muting = client.mute(direct, mutedAlways)
  await rig.says(told(mutedAlways), told(0))
  answer()
  await muting

  expect(mutedUntil(client)).toBeUndefined()
})

test('A conversation is muted as long as the time lies ahead', () => {
  expect(isMuted({ mutedUntil: 1_000 }, 999)).toBe(true)
  expect(isMuted({ mutedUntil: 1_000 }, 1_000)).toBe(false)
  expect(isMuted({}, 0)).toBe(false)
})
