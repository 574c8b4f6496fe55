import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { direct, message, pagesOf, pass, Rig, settle, summary } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const acks = () => rig.sent('ack').map(({ seqNo, status }) => `${status} ${seqNo}`)
/** The complete ranges of the conversation. */
const complete = async (store: MemoryStore) => (await store.load()).conversations[0]?.complete

test('A conversation that fell behind is read upwards when it is opened', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2))
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(90)], epoch: 'e1' }))
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(90))
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 90 })
  const timeline = client.openTimeline(direct)
  await settle()

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1))
  expect(rig.requests).toContain(`GET /v1/conversations/${direct}/messages?after=2&limit=200`)
  expect(acks().at(-1)).toBe('delivered 90')
})

test('Far behind, the newest page is shown, and the gap is filled on the way down', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2))
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(1000))
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 1000 })
  const timeline = client.openTimeline(direct)
  await pass(100)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(Array.from({ length: 50 }, (_, i) => i + 951))
  // What lies in the gap is not here: it is not acked.
  expect(acks().at(-1)).toBe('delivered 2')

  await timeline.loadDownTo(1)
  expect(timeline.messages).toHaveLength(1000)
  expect(await complete(store)).toEqual([[1, 1000]])
  expect(acks().at(-1)).toBe('delivered 1000')
})

test('Pages that come out of order make one log', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  const pages = pagesOf(300)
  const gates: (() => void)[] = []
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, async (body, url) => {
    await new Promise<void>((over) => gates.push(over))
    return pages(body, url)
  })
  await rig.says(message(300))
  const [one, other] = [client.openTimeline(direct), client.openTimeline(direct)]
  await settle()
  void one.loadOlder()
  void other.loadDownTo(1)
  await settle()
  while (gates.length > 0) {
    gates.pop()!()
    await settle()
  }

  expect(other.messages.map(({ seqNo }) => seqNo)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  expect(one.messages).toHaveLength(51)
  expect(await complete(store)).toEqual([[1, 300]])
})

test('A page that does not come is told, and asked for again on the next connection', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 5 })
  rig.routes.delete(`GET /v1/conversations/${direct}/messages`)
  const timeline = client.openTimeline(direct)
  await settle()
  expect(timeline.error).toMatchObject({ code: 'not_found' })
  expect(timeline.messages).toHaveLength(1)

  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(5))
  await rig.cut()
  await pass(1_000)
  await rig.drained()
  expect(timeline.error).toBeUndefined()
  expect(timeline.messages).toHaveLength(5)
})

test('A new epoch drops the log, and it is read again', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2), message(3))
  const timeline = client.openTimeline(direct)
  await settle()
  await rig.cut()
  await client.send(direct, 'kept')
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(2)], epoch: 'e2' }))
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(2))
  await pass(1_000)
  await rig.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e2' }, { type: 'caughtUp' })
  await pass(2_500)

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 2])
  expect(client.findConversation(direct)).toMatchObject({ maxSeqNo: 2 })
  expect(timeline.outgoing.map(({ text }) => text)).toEqual(['kept'])
})
