import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Change } from '../src/changes.ts'
import { contentOf, forwardedOf } from '../src/content.ts'
import { ChatError } from '../src/errors.ts'
import type { ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, direct, message, pass, plain, Rig, settle, summary } from './rig.ts'

let rig: Rig
let store: MemoryStore
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
  store = new MemoryStore()
})
afterEach(() => vi.useRealTimers())

const timer = (seqNo: number, seconds: number, more = {}): ServerFrame =>
  ({ type: 'change', kind: 'timer', seconds, messageId: `m${seqNo}`, conversationId: direct, seqNo, senderId: 'bob', timestamp: 1000 + seqNo, ...more }) as unknown as ServerFrame
const after = (ms: number) => ({ expiresAt: Date.now() + ms })
const kept = async () => (await store.messages(direct, 1, 100, 100)).map(({ seqNo }) => seqNo)

async function opened() {
  const client = await rig.online(store)
  await rig.says(message(1), message(2, { ...after(5_000), mentions: ['alice'] }), message(3, after(60_000)), message(4, after(5_000)))
  const timeline = client.openTimeline(direct)
  await settle()
  return { client, timeline, shown: () => timeline.messages.map(({ seqNo }) => seqNo), row: () => client.findConversation(direct)! }
}

test('A message past its time is shown, counted and stored nowhere, and its place is no gap', async () => {
  const { shown, row } = await opened()
  expect(row()).toMatchObject({ unreadCount: 4, unreadMentions: 1, lastMessage: { seqNo: 4 } })

  await pass(5_001)
  expect(shown()).toEqual([1, 3])
  expect(row()).toMatchObject({ unreadCount: 2, unreadMentions: 0, lastMessage: { seqNo: 3 } })
  expect(await kept()).toEqual([1, 3])
  const asked = rig.requests.length

  await pass(60_000)
  expect(shown()).toEqual([1])
  expect(row()).toMatchObject({ unreadCount: 1, lastMessage: { seqNo: 1 } })
  expect(await kept()).toEqual([1])
  expect(rig.requests.slice(asked).filter((call) => call.includes('/messages'))).toEqual([])
})

test('However many messages expire, one timer waits', async () => {
  await opened()
  const before = vi.getTimerCount()
  await rig.says(...Array.from({ length: 50 }, (_, at) => message(5 + at, after(10_000 + at * 1_000))))
  await settle()
  // An ack may be waiting.
  expect(vi.getTimerCount()).toBeLessThanOrEqual(before + 1)
})

test('What comes while others are removed is removed in its time', async () => {
  const client = await rig.online(store)
  await rig.says(message(1), message(2, after(5_000)))
  const timeline = client.openTimeline(direct)
  await settle()
  const read = store.messages.bind(store)
  const scan = vi.spyOn(store, 'messages').mockImplementationOnce(async (...asked) => {
    const found = await read(...asked)
    await rig.says(message(3, after(70_000)))
    return found
  })
  await pass(5_001)
  scan.mockRestore()
  await pass(1_000)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 3])

  await pass(75_000)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1])
  expect(await kept()).toEqual([1])
})

test('The server’s clock counts, not this machine’s', async () => {
  const client = await rig.open(store)
  await client.signIn('alice', 'secret')
  await settle()
  const ahead = 3_600_000
  await rig.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: Date.now() + ahead, epoch: 'e1' }, { type: 'caughtUp' })
  await rig.says(message(1, after(ahead + 5_000)))
  const timeline = client.openTimeline(direct)
  await settle()
  expect(client.now).toBe(Date.now() + ahead)
  await pass(4_000)
  expect(timeline.messages.length).toBe(1)
  await pass(1_001)
  expect(timeline.messages).toEqual([])
  expect(await kept()).toEqual([])
})

test('Before the server’s clock is known a message past its time is not shown, and not deleted', async () => {
  const first = await opened()
  await first.client.close()
  vi.setSystemTime(Date.now() + 10_000)
  rig.refuseConnections = new ChatError('network', 'No.')
  const client = await rig.open(store)
  const timeline = client.openTimeline(direct)
  await settle()
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 3])
  expect(client.findConversation(direct)!.lastMessage).toBeUndefined()
  await pass(2_000)
  expect(await kept()).toEqual([1, 2, 3, 4])

  rig.refuseConnections = undefined
  client.retryNow()
  await settle()
  await rig.drained()
  await pass(1_001)
  expect(await kept()).toEqual([1, 3])
  expect(client.findConversation(direct)!.lastMessage).toMatchObject({ seqNo: 3 })
})

test('A timer is a line between the messages, and is known of the conversation: the last one counts', async () => {
  const { client, timeline, row } = await opened()
  await rig.says(timer(5, 86_400))
  expect(row().timer).toBe(86_400)
  expect(timeline.notices).toEqual([{ messageId: 'm5', conversationId: direct, seqNo: 5, senderId: 'bob', timestamp: 1005, what: 'timerChanged', seconds: 86_400 }])
  expect(row()).toMatchObject({ unreadCount: 4, lastMessage: { seqNo: 4 } })

  await rig.says(timer(6, 0))
  expect(row().timer).toBeUndefined()
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(6, { timer: 60, lastMessage: message(4) })], epoch: 'e1' }))
  await rig.cut()
  await pass(60_000)
  await rig.drained()
  await settle()
  expect(row().timer).toBe(60)
  expect(client.conversations[0]!.timer).toBe(60)
})

test('A timer is set at once, sent, and stays with its ack; the last of those that wait goes out', async () => {
  const { client, row, timeline } = await opened()
  await client.setTimer(direct, 604_800)
  expect(row().timer).toBe(604_800)
  const { clientMsgId, ...frame } = rig.sent('timer')[0]!
  expect(frame).toEqual({ type: 'timer', to: direct, seconds: 604_800 })
  await rig.says(ackOf(clientMsgId, 5))
  expect(row().timer).toBe(604_800)
  expect(timeline.notices).toMatchObject([{ what: 'timerChanged', senderId: 'alice', seconds: 604_800, seqNo: 5 }])

  await rig.cut()
  await client.setTimer(direct, 60)
  await client.setTimer(direct, 0)
  expect(row().timer).toBeUndefined()
  await pass(60_000)
  await rig.drained()
  expect([...new Map(rig.sent('timer').map(({ clientMsgId, seconds }) => [clientMsgId, seconds])).values()]).toEqual([0])
})

test('A timer that is refused is taken back, and told', async () => {
  const { client, row } = await opened()
  const refused: Change[] = []
  client.subscribe((changes) => refused.push(...changes.filter(({ type }) => type === 'refused')))
  await client.setTimer(direct, 60)
  await rig.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId: rig.sent('timer')[0]!.clientMsgId })
  expect(row().timer).toBeUndefined()
  expect(refused).toMatchObject([{ error: { code: 'forbidden' }, item: { change: { kind: 'timer' } } }])
})

test.each([4, 5.5, 31_536_001, -1, Number.NaN])('A timer of %d seconds is none', async (seconds) => {
  const { client } = await opened()
  await expect(client.setTimer(direct, seconds)).rejects.toMatchObject({ code: 'bad_request' })
  expect(rig.sent('timer')).toEqual([])
})

test('An own message expires by the timer below it, from its time on; one that waits does not', async () => {
  const { client, timeline } = await opened()
  await rig.says(timer(5, 10))
  const { clientMsgId } = await client.send(direct, 'soon gone')
  await pass(12_000)
  expect(timeline.outgoing.length).toBe(1)

  const now = Date.now()
  await rig.says({ ...ackOf(clientMsgId, 6), timestamp: now } as ServerFrame)
  expect(timeline.messages.at(-1)).toMatchObject({ seqNo: 6, expiresAt: now + 10_000 })
  await pass(10_001)
  expect(timeline.messages.some(({ seqNo }) => seqNo === 6)).toBe(false)
})

test('An own message whose ack comes before the timer below it is fetched again', async () => {
  const { client, timeline } = await opened()
  const { clientMsgId } = await client.send(direct, 'soon gone')
  await settle()
  await rig.says(ackOf(clientMsgId, 6))
  expect(timeline.messages.at(-1)!.expiresAt).toBeUndefined()
  const expiresAt = Date.now() + 3_600_000
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({ conversationId: direct, messages: [plain(6, { senderId: 'alice', clientMsgId, expiresAt })], nextAfter: 6, maxSeqNo: 6 }))
  await rig.says(timer(5, 3_600))
  await pass(1_000)
  expect(timeline.messages.at(-1)).toMatchObject({ seqNo: 6, expiresAt })
})

test('Deleted it keeps its time; passed on it has none', async () => {
  const { timeline } = await opened()
  const { expiresAt } = timeline.messages.find(({ seqNo }) => seqNo === 3)!
  await rig.says({ type: 'change', kind: 'delete', messageId: 'm5', conversationId: direct, seqNo: 5, senderId: 'bob', timestamp: 1005, target: { messageId: 'm3', seqNo: 3 } })
  expect(timeline.messages.find(({ seqNo }) => seqNo === 3)).toMatchObject({ deleted: { by: 'bob' }, expiresAt })
  expect(contentOf(plain(3, { expiresAt }))).toEqual({ text: 'text 3' })
  expect(forwardedOf(plain(3, { expiresAt }))).toEqual({ text: 'text 3', forwarded: true })
})
