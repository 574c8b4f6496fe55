import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { direct, message, pagesOf, pass, plain, Rig, settle, summary } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const acks = () => rig.sent('ack').map(({ seqNo, status }) => `${status} ${seqNo}`)
/** The complete ranges of the conversation. */
const complete = async (store: MemoryStore) => (await store.load()).conversations[0]?.complete

test('A message that comes again is shown once, counted once and acked again', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await rig.says(message(1), message(2))
  await rig.cut()
  await pass(1_000)
  await rig.drained(message(1), message(2))

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 2])
  expect(client.findConversation(direct)!.unreadCount).toBe(2)
  expect(acks()).toEqual(['delivered 2'])
})

test('What a newer server says of a message reaches the view as it was said, however it came', async () => {
  const places = [{ id: 'x', width: 1.5 }]
  const newer = (seqNo: number) => ({ ...plain(seqNo), places, pinned: true })
  const wordless = { ...plain(4), text: undefined, deleted: { by: 'bob' } }
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(4, { lastMessage: wordless })], epoch: 'e1' }))
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({
    conversationId: direct, messages: [newer(1), newer(2), plain(3), wordless], nextAfter: 4, maxSeqNo: 4,
  }))
  const store = new MemoryStore()
  const client = await rig.online(store)
  expect(client.findConversation(direct)!.lastMessage).toEqual({ ...wordless, text: '' })

  const timeline = client.openTimeline(direct)
  await settle()
  await rig.says({ type: 'message', ...newer(5) })

  const all = [newer(1), newer(2), plain(3), { ...wordless, text: '' }, newer(5)]
  expect(timeline.messages).toEqual(all)
  expect(await store.messages(direct, 1, 9, 9)).toEqual(all)
})

test('A number skipped on a connection is a hole; one skipped between two connections is asked for', async () => {
  const store = new MemoryStore()
  await rig.online(store)
  await rig.says(message(1), message(4))
  expect(await complete(store)).toEqual([[1, 4]])
  await rig.cut()
  await pass(1_000)
  await rig.drained(message(7), message(9))
  expect(await complete(store)).toEqual([[1, 4], [7, 9]])
})

test('The first message on a new device says nothing of what lies below', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(41))
  await rig.says(message(41))
  expect(await complete(store)).toEqual([[41, 41]])

  const timeline = client.openTimeline(direct)
  await settle()
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([41])
  expect(timeline.hasOlder).toBe(true)
  await timeline.loadOlder()
  expect(timeline.messages).toHaveLength(41)
  expect(timeline.hasOlder).toBe(false)
})

test('What the server skips because it was read here is not taken for complete', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), { type: 'advanced', conversationId: direct, maxSeqNo: 5 })
  await client.markRead(direct, 5)
  await rig.says(message(6))
  expect(await complete(store)).toEqual([[1, 1], [6, 6]])
})

test('After resync what is sent again joins what was there', async () => {
  const store = new MemoryStore()
  await rig.online(store)
  await rig.says(message(1), message(2), { type: 'resync' }, message(3), message(5), { type: 'caughtUp' })
  expect(await complete(store)).toEqual([[1, 5]])
})
