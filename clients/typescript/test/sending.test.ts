import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, message, pass, plain, direct, settle, Rig } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const texts = () => rig.sent('message').map(({ text }) => text)

test('A message goes out, and its ack moves it into the log', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'hello')
  expect(rig.sent('message')).toEqual([{ type: 'message', to: direct, text: 'hello', clientMsgId }])

  const timeline = client.openTimeline(direct)
  await rig.says(ackOf(clientMsgId, 1))
  expect(client.findConversation(direct)).toMatchObject({ outgoing: [], lastMessage: { text: 'hello', senderId: 'alice' }, unreadCount: 0 })
  expect(timeline.outgoing).toEqual([])
})

test('A message is named by a UUID of version 7 of the time it was written', async () => {
  const client = await rig.online()
  const names = [(await client.send(direct, 'one')).clientMsgId, (await client.send(direct, 'two')).clientMsgId]

  for (const name of names) {
    expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(name.replace('-', '').slice(0, 12), 16)).toBe(Date.now())
  }
  expect(names[0]).not.toBe(names[1])
})

test('What was written offline goes out by itself, in order and one after another', async () => {
  const client = await rig.online()
  await rig.cut()
  for (const text of ['one', 'two', 'three']) await client.send(direct, text)
  await pass(1_000)

  expect(texts()).toEqual(['one'])
  for (const [seqNo, { clientMsgId }] of client.findConversation(direct)!.outgoing.entries()) await rig.says(ackOf(clientMsgId, seqNo + 1))
  expect(texts()).toEqual(['one', 'two', 'three'])
  expect(client.findConversation(direct)!.outgoing).toEqual([])
})

test('Conversations do not wait for each other', async () => {
  const client = await rig.online()
  await client.send('@bob', 'to bob')
  await client.send('@carol', 'to carol')
  expect(texts()).toEqual(['to bob', 'to carol'])
})

test('A lost ack is asked for again with the same clientMsgId', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'hello')
  await rig.cut()
  await pass(1_000)

  expect(rig.connections).toBe(2)
  expect(rig.sent('message').map((sent) => sent.clientMsgId)).toEqual([clientMsgId])
  await rig.says(ackOf(clientMsgId, 1))
  await rig.cut()
  await pass(1_000)
  expect(rig.sent('message')).toEqual([])
})

test('The drain’s own message counts as its lost ack', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  const { clientMsgId } = await client.send('@bob', 'hello')
  await rig.cut()
  await pass(1_000)
  await rig.drained(message(1, { senderId: 'alice', text: 'hello', clientMsgId }))
  await rig.says(ackOf(clientMsgId, 1))

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1])
  expect(timeline.outgoing).toEqual([])
})

test('Without an ack it is sent again after 15 seconds', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'hello')
  await pass(14_999)
  expect(rig.sent('message')).toHaveLength(1)
  await pass(1)
  expect(rig.sent('message').map((sent) => sent.clientMsgId)).toEqual([clientMsgId, clientMsgId])
})

test('A refusal for good marks the message and lets the next one go', async () => {
  const client = await rig.online()
  const first = await client.send('@bob', 'one')
  await client.send('@bob', 'two')
  await rig.says({ type: 'error', code: 'not_a_member', message: 'No.', clientMsgId: first.clientMsgId })

  expect(client.findConversation(direct)!.outgoing.map(({ state }) => state)).toEqual(['failed', 'waiting'])
  expect(client.findConversation(direct)!.outgoing[0]!.error).toEqual({ code: 'not_a_member', message: 'No.' })
  expect(texts()).toEqual(['one', 'two'])
})

test('A bug of the server fails the message, and it is not sent again by itself', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'one')
  await rig.says({ type: 'error', code: 'internal', message: 'The server has failed.', clientMsgId })
  await rig.cut()
  await pass(60_000)
  await rig.drained()

  expect(client.findConversation(direct)!.outgoing.map(({ state, error }) => [state, error?.code])).toEqual([['failed', 'internal']])
  expect(rig.connections).toBe(2)
  expect(texts()).toEqual([])
})

test.each(['token_expired', 'unauthenticated'] as const)('A message refused with %s waits for the renewed token', async (code) => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'one')
  await rig.says({ type: 'error', code, message: 'No.', clientMsgId })

  expect(client.findConversation(direct)!.outgoing.map(({ state }) => state)).toEqual(['waiting'])
  await pass(1_000)
  expect(rig.sent('message').map((sent) => sent.clientMsgId)).toEqual([clientMsgId, clientMsgId])
})

test('A failed message is retried as the same attempt, or discarded', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'one')
  await rig.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId })
  await client.retry(clientMsgId)
  expect(rig.sent('message').map((sent) => sent.clientMsgId)).toEqual([clientMsgId, clientMsgId])

  await rig.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId })
  await client.discard(clientMsgId)
  expect(client.findConversation(direct)!.outgoing).toEqual([])
})

test('A refusal for now holds everything for as long as the server says', async () => {
  const client = await rig.online()
  const { clientMsgId } = await client.send('@bob', 'one')
  await client.send('@bob', 'two')
  await rig.says({ type: 'error', code: 'rate_limited', message: 'Slowly.', clientMsgId, retryAfterMs: 2_000 })
  await client.send('@carol', 'three')
  expect(texts()).toEqual(['one'])

  await pass(2_000)
  expect(texts()).toEqual(['one', 'one', 'three'])
})

test('The outbox outlives the client', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.cut()
  const { clientMsgId } = await client.send('@bob', 'hello')
  await client.close()

  await rig.open(store)
  await settle()
  expect(rig.sent('message').map((sent) => sent.clientMsgId)).toEqual([clientMsgId])
})

test('A message that cannot be one is refused at once, and nothing is kept of it', async () => {
  const client = await rig.online()
  await expect(client.send('@bob', '')).rejects.toMatchObject({ code: 'bad_request' })
  await expect(client.send('@bob', '\ud800')).rejects.toMatchObject({ code: 'bad_request' })
  await expect(client.send('@bob', 'ä'.repeat(8_193))).rejects.toMatchObject({ code: 'too_large' })
  // One frame of it would be too large for /ws, which could not say which message it was.
  await expect(client.send('@bob', '\0'.repeat(16_000))).rejects.toMatchObject({ code: 'too_large' })
  expect(client.conversations).toEqual([])
  await client.send('@bob', 'ä'.repeat(8_192))
})

test('What a message says is sent and kept whole, also what this version does not know of it', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  const places = [{ id: 'x', width: 1.5 }]
  const said = { ...plain(9), text: 'look', replyTo: 'm8', places }

  // Passed on: what it says, not where it stood.
  const { clientMsgId } = await client.send(direct, said)
  expect(rig.sent('message')).toEqual([{ type: 'message', to: direct, clientMsgId, text: 'look', replyTo: 'm8', places }])
  expect(timeline.outgoing).toMatchObject([{ text: 'look', replyTo: 'm8', places, state: 'waiting' }])

  await rig.says(ackOf(clientMsgId, 1))
  expect(timeline.messages).toEqual([{ ...plain(1), senderId: 'alice', clientMsgId, text: 'look', replyTo: 'm8', places }])
})

test('The outbox is bounded', async () => {
  const client = await rig.online()
  await rig.cut()
  for (let i = 0; i < 1_000; i++) await client.send('@bob', `${i}`)
  await expect(client.send('@bob', 'one more')).rejects.toMatchObject({ code: 'rate_limited' })
  // A thousand sends take two seconds on a busy machine.
}, 30_000)

test('A message that the store does not take was not taken', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  vi.spyOn(store, 'write').mockRejectedValueOnce(new Error('full'))
  await expect(client.send('@bob', 'hello')).rejects.toMatchObject({ code: 'storage' })
  expect(client.storageFailed).toBe(true)
  expect(rig.sent('message')).toEqual([])

  await client.send('@bob', 'hello')
  expect(client.storageFailed).toBe(false)
})

test('Typing is told at its beginning, seldom while it lasts, and at its end', async () => {
  const client = await rig.online()
  for (let i = 0; i < 10; i++) client.setTyping(direct, true)
  await pass(3_000)
  client.setTyping(direct, true)
  client.setTyping(direct, false)
  client.setTyping(direct, false)
  expect(rig.sent('typing').map(({ active }) => active)).toEqual([true, true, false])
})
