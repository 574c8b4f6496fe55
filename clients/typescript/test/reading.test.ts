import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, direct, message, pagesOf, pass, Rig, settle, summary } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const acks = () => rig.sent('ack').map(({ seqNo, status }) => `${status} ${seqNo}`)

test('Unread is the server’s figure, corrected by what came and was read since', async () => {
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(10, { readSeqNo: 4, unreadCount: 6 })], epoch: 'e1' }))
  const client = await rig.online()
  expect(client.findConversation(direct)!.unreadCount).toBe(6)
  await rig.says(message(11), message(12, { senderId: 'alice' }), message(13))
  expect(client.findConversation(direct)!.unreadCount).toBe(8)

  await client.markRead(direct, 13)
  expect(client.findConversation(direct)!.unreadCount).toBe(0)
  expect(acks().at(-1)).toBe('read 13')
})

test('A list that is older than what has arrived is read again, for its count', async () => {
  let release = (): void => undefined
  rig.routes.set('GET /v1/conversations', async () => {
    await new Promise<void>((over) => (release = over))
    return { conversations: [summary(10, { unreadCount: 6 })], epoch: 'e1' }
  })
  const client = await rig.online()
  const { clientMsgId } = await client.send(direct, 'mine')
  await rig.says(ackOf(clientMsgId, 11))
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(11, { unreadCount: 6 })], epoch: 'e1' }))
  release()
  await settle()
  await pass(2_000)
  expect(client.findConversation(direct)!.unreadCount).toBe(6)
})

test('A list that is older each time is read only a few times more', async () => {
  let reads = 0
  rig.routes.set('GET /v1/conversations', () => {
    reads++
    return { conversations: [summary(1, { unreadCount: 1 })], epoch: 'e1' }
  })
  const client = await rig.online()
  const { clientMsgId } = await client.send(direct, 'mine')
  await rig.says(ackOf(clientMsgId, 2))
  const before = reads
  for (let second = 0; second < 60; second++) await pass(1_000)
  expect(reads - before).toBeLessThanOrEqual(4)
})

test('What the list has counted is not counted again when its page comes', async () => {
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(26, { unreadCount: 13 })], epoch: 'e1' }))
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(26))
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await settle()
  expect(timeline.messages).toHaveLength(26)
  expect(client.findConversation(direct)!.unreadCount).toBe(13)
})

test('An own ack that overtakes a message does not keep it from being counted', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  const { clientMsgId } = await client.send(direct, 'mine')
  await rig.says(ackOf(clientMsgId, 3), message(2), message(2))
  expect(client.findConversation(direct)).toMatchObject({ unreadCount: 2, maxSeqNo: 3 })
})

test('What comes while reading is written down stays unread', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2))
  let release = (): void => undefined
  const write = store.write.bind(store)
  vi.spyOn(store, 'write').mockImplementationOnce(async (changes) => {
    await new Promise<void>((over) => (release = over))
    return write(changes)
  })
  const reading = client.markRead(direct, 2)
  await rig.says(message(3))
  release()
  await reading
  expect(client.findConversation(direct)).toMatchObject({ unreadCount: 1, readSeqNo: 2 })
})

test('What was read offline is told later', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  await rig.cut()
  await client.markRead(direct, 1)
  await pass(1_000)
  expect(acks()).toEqual(['read 1'])
})

test('Reading on another device counts here', async () => {
  const client = await rig.online()
  await rig.says(message(1), { type: 'ack', conversationId: direct, userId: 'alice', seqNo: 1, status: 'read' })
  expect(client.findConversation(direct)).toMatchObject({ unreadCount: 0, readSeqNo: 1 })
})

test('Ticks go by the slowest of the others', async () => {
  rig.routes.set(`GET /v1/conversations/${direct}/receipts`, () => ({
    members: ['alice', 'bob', 'carol'].map((userId) => ({ userId, deliveredSeqNo: 0, readSeqNo: 0 })),
  }))
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await rig.says(message(1, { senderId: 'alice' }))
  const [mine] = timeline.messages
  const tickAfter = async (userId: string, status: 'delivered' | 'read') => {
    await rig.says({ type: 'ack', conversationId: direct, userId, seqNo: 1, status })
    return timeline.receiptOf(mine!)
  }
  expect(timeline.receiptOf(mine!)).toBe('sent')
  expect(await tickAfter('bob', 'read')).toBe('sent')
  expect(await tickAfter('carol', 'delivered')).toBe('delivered')
  expect(timeline.receiptsOf(mine!)).toEqual({ read: ['bob'], delivered: ['carol'] })
  expect(await tickAfter('carol', 'read')).toBe('read')
  expect(timeline.receiptsOf(mine!)).toEqual({ read: ['bob', 'carol'], delivered: [] })
})

test('The first message of a direct conversation gets its ticks', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await settle()
  await client.send(direct, 'hello')
  await settle()
  const { clientMsgId } = rig.sent('message')[0]!
  await rig.says({ type: 'ack', clientMsgId, messageId: 'm1', conversationId: direct, seqNo: 1, timestamp: 1, status: 'sent' })
  await rig.says({ type: 'ack', conversationId: direct, userId: 'bob', seqNo: 1, status: 'delivered' })
  expect(timeline.receiptOf(timeline.messages[0]!)).toBe('delivered')
})
