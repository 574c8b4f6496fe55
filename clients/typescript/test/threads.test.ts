import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forwardedOf } from '../src/content.ts'
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

const inFirst = { threadId: 'm1', threadSeqNo: 1 }

test('What is written to a thread is shown on the message that began it, sent and stored', async () => {
  const client = await rig.online(store)
  await rig.says(message(1))
  const timeline = client.openTimeline(direct)
  await settle()
  await rig.says(message(2, inFirst), message(3, { ...inFirst, senderId: 'carol' }))
  expect(timeline.messages[0]).toEqual({ ...plain(1), thread: { count: 2, lastSeqNo: 3, userIds: ['bob', 'carol'] }, changedSeqNo: 3 })

  const { clientMsgId } = await client.send(direct, { text: 'so do I', ...inFirst })
  await settle()
  expect(rig.sent('message').at(-1)).toEqual({ type: 'message', to: direct, clientMsgId, text: 'so do I', ...inFirst })
  await rig.says(ackOf(clientMsgId, 4))
  expect(timeline.messages[0]!.thread).toEqual({ count: 3, lastSeqNo: 4, userIds: ['bob', 'carol', 'alice'] })

  await client.delete(timeline.messages.at(-1)!)
  await settle()
  rig.routes.set(`GET /v1/conversations/${direct}/messages/m4`, () => ({ ...plain(4, { senderId: 'alice', ...inFirst }), text: undefined, deleted: { by: 'alice', at: 1005 }, changedSeqNo: 5 }))
  await rig.says(ackOf(rig.sent('delete').at(-1)!.clientMsgId, 5))
  expect(timeline.messages[0]!.thread).toEqual({ count: 2, lastSeqNo: 4, userIds: ['bob', 'carol', 'alice'] })
  expect(timeline.messages.at(-1)).toMatchObject({ ...inFirst, text: '', deleted: { by: 'alice' } })
  expect((await store.messages(direct, 1, 1, 1))[0]!.thread).toEqual({ count: 2, lastSeqNo: 4, userIds: ['bob', 'carol', 'alice'] })
})

test.each(['an own message', 'its deletion'])('%s whose ack comes after a later change of the first one is in the thread', async (what) => {
  const client = await rig.online(store)
  await rig.says(message(1))
  const timeline = client.openTimeline(direct)
  await settle()
  const { clientMsgId } = await client.send(direct, { text: 'so do I', ...inFirst })
  await settle()
  let own = clientMsgId
  if (what === 'its deletion') {
    await rig.says(ackOf(clientMsgId, 2))
    await client.delete(timeline.messages.at(-1)!)
    await settle()
    own = rig.sent('delete').at(-1)!.clientMsgId
  }
  const at = what === 'its deletion' ? 3 : 2
  await rig.says({ type: 'change', messageId: 'c', conversationId: direct, seqNo: at + 1, senderId: 'bob', timestamp: 1, kind: 'react', emoji: '👍', on: true, target: { messageId: 'm1', seqNo: 1 } })
  expect(timeline.messages[0]!.changedSeqNo).toBe(at + 1)

  const now = plain(1, { reactions: [{ emoji: '👍', count: 1, userIds: ['bob'] }], thread: { count: 3 - at, lastSeqNo: 2, userIds: ['alice'] }, changedSeqNo: at + 1 })
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({ conversationId: direct, messages: [now], nextAfter: at + 1, maxSeqNo: at + 1 }))
  await rig.says(ackOf(own, at))
  await pass(5_000)

  expect(timeline.messages[0]).toEqual(now)
  expect(await store.messages(direct, 1, 1, 1)).toEqual([now])
})

test('A thread, and the list of them, come from the server', async () => {
  const client = await rig.online()
  rig.routes.set(`GET /v1/conversations/${direct}/threads`, (_, { searchParams }) => ({ threads: [{ ...plain(1), text: undefined }], next: `${searchParams.get('cursor')}+` }))
  rig.routes.set(`GET /v1/conversations/${direct}/threads/m1/messages`, (_, { searchParams }) => ({ messages: [plain(Number(searchParams.get('before') ?? 9))], nextBefore: 2 }))

  expect(await client.getThreads(direct, '7')).toEqual({ threads: [{ ...plain(1), text: '' }], next: '7+' })
  expect(await client.getThreadMessages(direct, 'm1', { before: 5 })).toEqual({ messages: [plain(5)], nextBefore: 2 })
})

test('Unread messages that mention the user are counted as they come, and as the list says', async () => {
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(3, { unreadCount: 3, unreadMentions: 2 })], epoch: 'e1' }))
  const client = await rig.online(store)
  const mentions = () => client.findConversation(direct)!.unreadMentions
  expect(mentions()).toBe(2)

  await rig.says(message(4, { mentions: ['alice'] }), message(5, { mentions: ['@all'] }), message(6, { mentions: ['bob'] }), message(7, { mentions: ['@all'], senderId: 'alice' }))
  expect(mentions()).toBe(4)
  const timeline = client.openTimeline(direct)
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({ conversationId: direct, messages: [plain(1), plain(2), plain(3)], maxSeqNo: 7 }))
  await settle()
  await client.markRead(direct, 4)
  expect(mentions()).toBe(1)
  await client.markRead(direct, 7)
  expect(mentions()).toBe(0)
  timeline.close()
})

test('An edit changes whom a message mentions, or leaves it', async () => {
  const client = await rig.online(store)
  await rig.says(message(1, { senderId: 'alice', clientMsgId: 'c', mentions: ['bob'] }))
  const timeline = client.openTimeline(direct)
  await settle()

  await client.edit(timeline.messages[0]!, 'text 1', ['bob'])
  expect(rig.sent('edit')).toEqual([])
  await client.edit(timeline.messages[0]!, 'another')
  expect(timeline.messages[0]).toMatchObject({ text: 'another', mentions: ['bob'] })
  await client.edit(timeline.messages[0]!, 'another', [])
  await settle()
  expect(timeline.messages[0]!.mentions).toBeUndefined()
  const edit = rig.sent('edit').at(-1)!
  expect(edit).toMatchObject({ messageId: 'm1', text: 'another' })
})

test('What is forwarded takes along what it says, and nothing of its conversation', () => {
  expect(forwardedOf(plain(2, { ...inFirst, replyTo: 'm1', mentions: ['bob'], pinned: true, changedSeqNo: 3 }))).toEqual({ text: 'text 2', forwarded: true })
})
