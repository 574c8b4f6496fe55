import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { message, pass, room, settle, Stage, summary } from './stage.ts'

const group = 'g:00000000000000000000000000000000'
const list = 'GET /v1/conversations'
const groupCall = `GET /v1/groups/${group}`
const listed = (...conversations: unknown[]) => () => ({ conversations, epoch: 'e1' })
const team = summary(0, { conversationId: group, title: 'Team', lastMessage: undefined })

let stage: Stage
beforeEach(() => {
  vi.useFakeTimers()
  stage = new Stage()
  stage.routes.set(list, listed(team))
})
afterEach(() => vi.useRealTimers())

/** Reads the list again. */
async function listAgain(): Promise<void> {
  await pass(2_000)
  await stage.says({ type: 'conversation', conversationId: room, change: 'titleChanged' })
}

const refuse = (code: ChatError['code']) => () => {
  throw new ChatError(code, 'No.')
}

test('A group that the list lacks and that the server still knows stays, and what waits for it', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await client.send(group, 'mine')
  // It moved to the top between two pages, and is on none of them.
  stage.routes.set(list, listed())
  stage.routes.set(groupCall, () => ({ conversationId: group, title: 'Team', history: 'all', members: [] }))
  await listAgain()
  expect(client.conversation(group)).toMatchObject({ title: 'Team', outgoing: [{ text: 'mine', state: 'waiting' }] })
  expect((await store.load()).outbox).toHaveLength(1)
  expect(client.conversation(group)!.left).toBeUndefined()
})

test('A group that the list lacks stays while the server does not answer for it', async () => {
  const client = await stage.online()
  stage.routes.set(list, listed())
  for (const code of ['network', 'unavailable', 'rate_limited'] as const) {
    stage.routes.set(groupCall, refuse(code))
    await listAgain()
    expect(client.conversation(group)).toBeDefined()
  }
})

test('A page of a proxy that knows no such address is no word about a group', async () => {
  const page = () => Promise.resolve(new Response('<html>Not found</html>', { status: 404 }))
  const client = await stage.online(undefined, (address, request) => (address.includes('/v1/groups/') ? page() : stage.fetch(address, request)))
  stage.routes.set(list, listed())
  await listAgain()
  expect(client.conversation(group)).toBeDefined()
})

test.each(['not_a_member', 'not_found', 'forbidden'] as const)('A group that the server refuses with %s is gone', async (code) => {
  const client = await stage.online()
  stage.routes.set(list, listed())
  stage.routes.set(groupCall, refuse(code))
  await listAgain()
  expect(client.conversations).toEqual([])
})

test.each(['rate_limited', 'unavailable'] as const)('A list that is refused for now (%s) is read again without being asked to', async (code) => {
  stage.routes.set(list, refuse(code))
  const client = await stage.online()
  await pass(0)
  expect(client.conversations).toEqual([])
  stage.routes.set(list, listed(team))
  await pass(5_000)
  expect(client.conversation(group)).toBeDefined()
})

test('Without a network the list waits for the next connection', async () => {
  stage.routes.set(list, refuse('network'))
  await stage.online()
  const asked = stage.requests.length
  await pass(60_000)
  expect(stage.requests).toHaveLength(asked)
})

test('Only what the list lacks is asked for', async () => {
  await stage.online()
  await listAgain()
  expect(stage.requests).not.toContain(groupCall)
})

test('What could not be sent to a group that was left stays until its user discards it', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  const items = [await client.send(group, 'one'), await client.send(group, 'two')]
  stage.routes.set(list, listed())
  await stage.says({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  const left = () => client.conversation(group)
  expect(left()).toMatchObject({ title: 'Team', left: true, outgoing: [{ text: 'one', state: 'failed' }, { text: 'two', state: 'failed' }] })
  expect(left()!.outgoing[0]!.error?.code).toBe('not_a_member')

  // It outlives a restart, and the list does not ask for it again and again.
  await listAgain()
  expect(stage.requests).not.toContain(groupCall)
  await client.close()
  const again = await stage.open(store)
  await settle()
  await stage.drained()
  expect(again.conversation(group)).toMatchObject({ left: true, outgoing: [{ text: 'one' }, { text: 'two' }] })

  await again.discard(items[0]!.clientMsgId)
  expect(again.conversation(group)!.outgoing).toHaveLength(1)
  await again.discard(items[1]!.clientMsgId)
  expect(again.conversations).toEqual([])
  expect(await store.load()).toMatchObject({ rows: [], outbox: [] })
})

test('Who is a member again retries what could not be sent', async () => {
  const client = await stage.online()
  const { clientMsgId } = await client.send(group, 'one')
  await stage.says({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  await stage.says(message(7, { conversationId: group }))
  expect(client.conversation(group)).toMatchObject({ left: undefined, outgoing: [{ state: 'failed' }] })
  await client.retry(clientMsgId)
  expect(stage.sent('message').at(-1)).toMatchObject({ to: group, clientMsgId })
})

test('Leaving a group keeps what waits for it, too', async () => {
  const client = await stage.online()
  stage.routes.set(`DELETE /v1/groups/${group}/members/alice`, () => undefined)
  await client.send(group, 'one')
  await client.leave(group)
  expect(client.conversation(group)!.outgoing).toMatchObject([{ text: 'one', state: 'failed' }])
})

test('What was refused is shown after a new epoch, also where the list has nothing of its conversation', async () => {
  stage.routes.set(list, listed())
  const store = new MemoryStore()
  const client = await stage.online(store)
  const { clientMsgId } = await client.send(room, 'one')
  await stage.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId })
  await stage.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e2' })
  expect(client.conversations).toMatchObject([{ id: room, outgoing: [{ text: 'one', state: 'failed' }] }])

  await client.close()
  const again = await stage.open(store)
  expect(again.conversations).toMatchObject([{ id: room, outgoing: [{ text: 'one', state: 'failed' }] }])
})

test('What was refused is shown when the user of a revoked device is back', async () => {
  stage.routes.set(list, listed())
  const client = await stage.online()
  const { clientMsgId } = await client.send(room, 'one')
  await stage.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId })
  const refresh = stage.routes.get('POST /v1/auth/refresh')!
  stage.routes.set('POST /v1/auth/refresh', refuse('unauthenticated'))
  await stage.cut('revoked')
  expect(client.conversations).toEqual([])
  stage.routes.set('POST /v1/auth/refresh', refresh)
  await client.signIn('alice', 'secret')
  expect(client.conversations).toMatchObject([{ id: room, outgoing: [{ text: 'one', state: 'failed' }] }])
})

test('Where there is no room even after the cache was emptied, what is not here is known to be missing', async () => {
  stage.routes.set(list, listed())
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1), message(2))
  vi.spyOn(store, 'write').mockRejectedValue(new DOMException('Full.', 'QuotaExceededError'))
  await expect(client.send(room, 'one')).rejects.toMatchObject({ code: 'storage' })
  expect(await store.messages(room, 1, 9, 9)).toEqual([])
  const asked = stage.requests.length
  client.timeline(room)
  await settle()
  expect(stage.requests.slice(asked).some((request) => request.includes('/messages?'))).toBe(true)
})
