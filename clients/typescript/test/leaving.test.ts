import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { message, pass, direct, settle, Rig, summary } from './rig.ts'

const group = 'g:00000000000000000000000000000000'
const list = 'GET /v1/conversations'
const groupCall = `GET /v1/groups/${group}`
const listed = (...conversations: unknown[]) => () => ({ conversations, epoch: 'e1' })
const team = summary(0, { conversationId: group, title: 'Team', lastMessage: undefined })

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
  rig.routes.set(list, listed(team))
})
afterEach(() => vi.useRealTimers())

/** Reads the list again. */
async function listAgain(): Promise<void> {
  await pass(2_000)
  await rig.says({ type: 'conversation', conversationId: direct, change: 'titleChanged' })
}

const refuse = (code: ChatError['code']) => () => {
  throw new ChatError(code, 'No.')
}

test('A group that the list lacks and that the server still knows stays, and what waits for it', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await client.send(group, 'mine')
  // It moved to the top between two pages, and is on none of them.
  rig.routes.set(list, listed())
  rig.routes.set(groupCall, () => ({ conversationId: group, title: 'Team', history: 'all', members: [] }))
  await listAgain()
  expect(client.findConversation(group)).toMatchObject({ title: 'Team', outgoing: [{ text: 'mine', state: 'waiting' }] })
  expect((await store.load()).outbox).toHaveLength(1)
  expect(client.findConversation(group)!.left).toBeUndefined()
})

test('A group that the list lacks stays while the server does not answer for it', async () => {
  const client = await rig.online()
  rig.routes.set(list, listed())
  for (const code of ['network', 'unavailable', 'rate_limited'] as const) {
    rig.routes.set(groupCall, refuse(code))
    await listAgain()
    expect(client.findConversation(group)).toBeDefined()
  }
})

test('A page of a proxy that knows no such address is no word about a group', async () => {
  const page = () => Promise.resolve(new Response('<html>Not found</html>', { status: 404 }))
  const client = await rig.online(undefined, (address, request) => (address.includes('/v1/groups/') ? page() : rig.fetch(address, request)))
  rig.routes.set(list, listed())
  await listAgain()
  expect(client.findConversation(group)).toBeDefined()
})

test.each(['not_a_member', 'not_found', 'forbidden'] as const)('A group that the server refuses with %s is gone', async (code) => {
  const client = await rig.online()
  rig.routes.set(list, listed())
  rig.routes.set(groupCall, refuse(code))
  await listAgain()
  expect(client.conversations).toEqual([])
})

test.each(['rate_limited', 'unavailable'] as const)('A list that is refused for now (%s) is read again without being asked to', async (code) => {
  rig.routes.set(list, refuse(code))
  const client = await rig.online()
  await pass(0)
  expect(client.conversations).toEqual([])
  rig.routes.set(list, listed(team))
  await pass(5_000)
  expect(client.findConversation(group)).toBeDefined()
})

test('Without a network the list waits for the next connection', async () => {
  rig.routes.set(list, refuse('network'))
  await rig.online()
  const asked = rig.requests.length
  await pass(60_000)
  expect(rig.requests).toHaveLength(asked)
})

test('Only what the list lacks is asked for', async () => {
  await rig.online()
  await listAgain()
  expect(rig.requests).not.toContain(groupCall)
})

test('What could not be sent to a group that was left stays until its user discards it', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  const items = [await client.send(group, 'one'), await client.send(group, 'two')]
  rig.routes.set(list, listed())
  await rig.says({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  const left = () => client.findConversation(group)
  expect(left()).toMatchObject({ title: 'Team', left: true, outgoing: [{ text: 'one', state: 'failed' }, { text: 'two', state: 'failed' }] })
  expect(left()!.outgoing[0]!.error?.code).toBe('not_a_member')

  // It outlives a restart, and the list does not ask for it again and again.
  await listAgain()
  expect(rig.requests).not.toContain(groupCall)
  await client.close()
  const again = await rig.open(store)
  await settle()
  await rig.drained()
  expect(again.findConversation(group)).toMatchObject({ left: true, outgoing: [{ text: 'one' }, { text: 'two' }] })

  await again.discard(items[0]!.clientMsgId)
  expect(again.findConversation(group)!.outgoing).toHaveLength(1)
  await again.discard(items[1]!.clientMsgId)
  expect(again.conversations).toEqual([])
  expect(await store.load()).toMatchObject({ conversations: [], outbox: [] })
})

test('Who is a member again retries what could not be sent', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send(group, 'one')
  await rig.says({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  await rig.says(message(7, { conversationId: group }))
  expect(client.findConversation(group)).toMatchObject({ left: undefined, outgoing: [{ state: 'failed' }] })
  await client.retry(clientMsgId)
  expect(rig.sent('message').at(-1)).toMatchObject({ to: group, clientMsgId })
})

test('Leaving a group keeps what waits for it, too', async () => {
  const client = await rig.online()
  rig.routes.set(`DELETE /v1/groups/${group}/members/alice`, () => undefined)
  await client.send(group, 'one')
  await client.leave(group)
  expect(client.findConversation(group)!.outgoing).toMatchObject([{ text: 'one', state: 'failed' }])
})

test('What was refused is shown after a new epoch, also where the list has nothing of its conversation', async () => {
  rig.routes.set(list, listed())
  const store = new MemoryStore()
  const client = await rig.online(store)
  const { clientMsgId } = await client.send(direct, 'one')
  await rig.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId })
  await rig.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e2' })
  expect(client.conversations).toMatchObject([{ id: direct, outgoing: [{ text: 'one', state: 'failed' }] }])

  await client.close()
  const again = await rig.open(store)
  expect(again.conversations).toMatchObject([{ id: direct, outgoing: [{ text: 'one', state: 'failed' }] }])
})

test('What was refused is shown when the user of a revoked device is back', async () => {
  rig.routes.set(list, listed())
  const client = await rig.online()
  const { clientMsgId } = await client.send(direct, 'one')
  await rig.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId })
  const refresh = rig.routes.get('POST /v1/auth/refresh')!
  rig.routes.set('POST /v1/auth/refresh', refuse('unauthenticated'))
  await rig.cut('revoked')
  expect(client.conversations).toEqual([])
  rig.routes.set('POST /v1/auth/refresh', refresh)
  await client.signIn('alice', 'secret')
  expect(client.conversations).toMatchObject([{ id: direct, outgoing: [{ text: 'one', state: 'failed' }] }])
})

test('Where there is no room even after the cache was emptied, what is not here is known to be missing', async () => {
  rig.routes.set(list, listed())
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2))
  vi.spyOn(store, 'write').mockRejectedValue(new DOMException('Full.', 'QuotaExceededError'))
  await expect(client.send(direct, 'one')).rejects.toMatchObject({ code: 'storage' })
  expect(await store.messages(direct, 1, 9, 9)).toEqual([])
  const asked = rig.requests.length
  client.openTimeline(direct)
  await settle()
  expect(rig.requests.slice(asked).some((request) => request.includes('/messages?'))).toBe(true)
})

test('A group that the user was taken out of goes from the list', async () => {
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [{ ...summary(1), conversationId: group, title: 'Team' }], epoch: 'e1' }))
  const client = await rig.online()
  expect(client.conversations.map(({ title }) => title)).toEqual(['Team'])
  await rig.says({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  expect(client.conversations).toEqual([])
})

test('A list that was read before a group was left does not bring it back', async () => {
  const list = { conversations: [{ ...summary(1), conversationId: group, title: 'Team' }], epoch: 'e1' }
  rig.routes.set('GET /v1/conversations', () => list)
  rig.routes.set(`DELETE /v1/groups/${group}/members/alice`, () => undefined)
  const client = await rig.online()
  let answer = (): void => undefined
  rig.routes.set('GET /v1/conversations', async () => {
    await new Promise<void>((over) => (answer = over))
    return list
  })
  await rig.says({ type: 'conversation', conversationId: group, change: 'titleChanged' })
  await pass(2_000)
  await client.leave(group)
  answer()
  await settle()
  expect(client.conversations).toEqual([])
})
