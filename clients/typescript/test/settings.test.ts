import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { isMuted, mutedAlways } from '../src/ownSettings.ts'
import type { ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, direct, message, pass, Rig, settle, summary } from './rig.ts'

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

const archivedList = (conversations: unknown[]) => (_: unknown, { searchParams }: URL) => ({ conversations: searchParams.get('archived') === 'true' ? conversations : [], epoch: 'e1' })
const shown = (client: Awaited<ReturnType<Rig['online']>>) => ({ listed: client.conversations.map(({ id }) => id), archived: client.archived.map(({ id }) => id) })

test('Everything that is set is asked of the server, shown, stored, and ended', async () => {
  const set = { archived: true, pinned: true, markedUnread: true, draft: 'well' }
  rig.routes.set(mine, (body) => ({ conversationId: direct, ...(body as object) }))
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1))

  await client.changeSettings(direct, set)
  expect(client.findConversation(direct)).toMatchObject(set)
  expect((await store.load()).conversations[0]).toMatchObject(set)

  rig.routes.set(mine, () => ({ conversationId: direct }))
  await client.changeSettings(direct, { archived: false, pinned: false, markedUnread: false, draft: '' })
  expect(client.findConversation(direct)).toMatchObject({ archived: undefined, pinned: undefined, markedUnread: undefined, draft: undefined })
})

test('An archived conversation is not in the list, and comes back with the next message unless it is muted', async () => {
  const client = await rig.online()
  await rig.says(message(1), { type: 'settings', conversationId: direct, archived: true })
  expect(shown(client)).toEqual({ listed: [], archived: [direct] })
  await rig.says({ type: 'change', messageId: 'c2', conversationId: direct, seqNo: 2, senderId: 'bob', timestamp: 1, kind: 'react', emoji: '👍', on: true, target: { messageId: 'm1', seqNo: 1 } })
  expect(shown(client)).toEqual({ listed: [], archived: [direct] })

  await rig.says(message(3))
  expect(shown(client)).toEqual({ listed: [direct], archived: [] })

  await rig.says({ type: 'settings', conversationId: direct, archived: true, mutedUntil: mutedAlways }, message(4))
  expect(shown(client)).toEqual({ listed: [], archived: [direct] })
})

test('Pinned conversations come first', async () => {
  const client = await rig.online()
  await rig.says(message(1), { type: 'settings', conversationId: direct, pinned: true }, message(1, { messageId: 'x', conversationId: 'dm:alice:carol', timestamp: 9_999 }))
  expect(shown(client).listed).toEqual([direct, 'dm:alice:carol'])

  await rig.says({ type: 'settings', conversationId: direct, pinned: false })
  expect(shown(client).listed).toEqual(['dm:alice:carol', direct])
})

test('A mark as unread ends when the user reads on', async () => {
  const client = await rig.online()
  await rig.says(message(1), message(2), { type: 'settings', conversationId: direct, markedUnread: true })
  await rig.says({ type: 'ack', conversationId: direct, messageId: 'm1', seqNo: 1, userId: 'alice', status: 'read' } as ServerFrame)
  expect(client.findConversation(direct)).toMatchObject({ readSeqNo: 1, markedUnread: undefined })
})

test.each(['memory', 'page on its way'])('What was cleared is neither shown, nor stored, nor counted, nor fetched again: %s', async (when) => {
  let answer = (): void => undefined
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2), message(3))
  if (when !== 'memory')
    rig.routes.set(`GET /v1/conversations/${direct}/messages`, async () => {
      await new Promise<void>((over) => (answer = over))
      return { conversationId: direct, messages: [message(1), message(2), message(3)], maxSeqNo: 3 }
    })
  const timeline = client.openTimeline(direct)
  await settle()

  await rig.says({ type: 'settings', conversationId: direct, clearedUpTo: 2 })
  answer()
  await pass(1_000)

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([3])
  expect(timeline.hasOlder).toBe(false)
  expect(await store.messages(direct, 1, 9, 9)).toMatchObject([{ seqNo: 3 }])
  expect(client.findConversation(direct)).toMatchObject({ unreadCount: 1, clearedUpTo: 2, lastMessage: { seqNo: 3 } })

  const asked = rig.requests.length
  await rig.says({ type: 'settings', conversationId: direct, clearedUpTo: 3 }, { type: 'settings', conversationId: direct, clearedUpTo: 1 })
  await pass(200)
  expect(timeline.messages).toEqual([])
  expect(client.findConversation(direct)).toMatchObject({ unreadCount: 0, clearedUpTo: 3, lastMessage: undefined })
  expect(rig.requests.slice(asked).filter((request) => request.includes('/messages'))).toEqual([])
})

test('What is archived and cleared is gone until its next message', async () => {
  rig.routes.set(mine, (body) => ({ conversationId: direct, ...(body as object) }))
  const client = await rig.online()
  await rig.says(message(1))

  await client.changeSettings(direct, { archived: true, clearedUpTo: 1 })
  expect(shown(client)).toEqual({ listed: [], archived: [] })

  await rig.says(message(2))
  expect(shown(client)).toEqual({ listed: [direct], archived: [] })
  expect(client.findConversation(direct)).toMatchObject({ lastMessage: { seqNo: 2 }, unreadCount: 1 })
})

test('What is archived and cleared stays gone when what it shows is only a change', async () => {
  const client = await rig.online()
  await rig.says(message(1), { type: 'settings', conversationId: direct, archived: true, clearedUpTo: 1 })
  await rig.says({ type: 'change', messageId: 'c2', conversationId: direct, seqNo: 2, senderId: 'bob', timestamp: 1, kind: 'react', emoji: '👍', on: true, target: { messageId: 'm1', seqNo: 1 } })
  expect(shown(client)).toEqual({ listed: [], archived: [] })
})

test('An own message that is acked after it was cleared is not stored', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1))
  const { clientMsgId } = await client.send(direct, 'hello')
  await settle()

  await rig.says({ type: 'settings', conversationId: direct, clearedUpTo: 2 }, ackOf(clientMsgId, 2))

  expect(await store.messages(direct, 1, 9, 9)).toEqual([])
  expect(client.findConversation(direct)).toMatchObject({ lastMessage: undefined, unreadCount: 0 })
})

test('What was archived or deleted while the device was away is known after the next connection', async () => {
  const other = 'dm:alice:carol'
  rig.routes.set('GET /v1/conversations', list())
  const client = await rig.online()
  await rig.says(message(1), message(1, { messageId: 'x', conversationId: other }))
  await pass(5_000)

  await rig.cut()
  rig.routes.set('GET /v1/conversations', archivedList([summary(1, { archived: true, draft: 'well' })]))
  rig.routes.set(`PATCH /v1/conversations/${other}/mine`, (body) => {
    expect(body).toEqual({})
    return { conversationId: other, archived: true, clearedUpTo: 1 }
  })
  await pass(5_000)
  await rig.drained()
  await pass(5_000)

  expect(shown(client)).toEqual({ listed: [], archived: [direct] })
  expect(client.findConversation(direct)).toMatchObject({ archived: true, draft: 'well' })
  expect(client.findConversation(other)).toMatchObject({ archived: true, clearedUpTo: 1, lastMessage: undefined })
})

test('The archived are read once a connection', async () => {
  await rig.online()
  await pass(5_000)
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 1 })
  await pass(5_000)
  expect(rig.requests.filter((request) => request.startsWith('GET /v1/conversations?')).map((request) => request.includes('archived=true'))).toEqual([false, true, false])
})

test('The archived are read again for a connection that comes while the list is being read', async () => {
  let answer = (): void => undefined
  const client = await rig.online()
  await rig.says(message(1))
  await pass(5_000)
  await rig.cut()
  rig.routes.set('GET /v1/conversations', async () => {
    await new Promise<void>((over) => (answer = over))
    return { conversations: [], epoch: 'e1' }
  })
  await pass(5_000)
  await rig.drained()
  await pass(5_000)
  await rig.cut()
  await pass(5_000)
  await rig.drained()
  rig.routes.set('GET /v1/conversations', archivedList([summary(1, { archived: true })]))
  answer()
  await settle()
  await pass(5_000)

  expect(rig.requests.filter((request) => request.includes('archived=true')).length).toBe(3)
  expect(shown(client)).toEqual({ listed: [], archived: [direct] })
})

test('The answer to a draft does not undo one that another device has written since', async () => {
  let answer = (): void => undefined
  rig.routes.set(mine, async (body) => {
    await new Promise<void>((over) => (answer = over))
    return { conversationId: direct, ...(body as object), pinned: true }
  })
  const client = await rig.online()
  await rig.says(message(1))

  const writing = client.changeSettings(direct, { draft: 'mine' })
  await rig.says({ type: 'settings', conversationId: direct, draft: 'mine' }, { type: 'settings', conversationId: direct, draft: 'theirs' })
  answer()
  await writing

  expect(client.findConversation(direct)).toMatchObject({ draft: 'theirs', pinned: true })
})

test('A note to self is a conversation with oneself', async () => {
  const client = await rig.online()
  await client.send('@me', 'milk')
  expect(rig.sent('message')).toMatchObject([{ to: 'dm:alice:alice', text: 'milk' }])
  expect(client.conversations).toMatchObject([{ id: 'dm:alice:alice', peer: 'alice', kind: 'direct' }])
})
