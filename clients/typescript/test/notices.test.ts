import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { maxNotices } from '../src/conversationRules.ts'
import type { Message, Notice, Page, ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { message, Rig, settle } from './rig.ts'

const group = 'g:0123456789abcdef0123456789abcdef'
const says = (seqNo: number, more: Partial<Message> = {}) => message(seqNo, { conversationId: group, ...more })

const notice = (seqNo: number, more: Partial<Notice> = {}): Notice => ({
  messageId: `n${seqNo}`,
  conversationId: group,
  seqNo,
  senderId: 'bob',
  timestamp: 1000 + seqNo,
  what: 'memberAdded',
  userIds: ['carol'],
  ...more,
})
const told = (seqNo: number, more: Partial<Notice> = {}) => ({ type: 'change', kind: 'notice', ...notice(seqNo, more) }) as unknown as ServerFrame
const seqNos = (entries: readonly { readonly seqNo: number }[]) => entries.map(({ seqNo }) => seqNo)

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [], epoch: 'e1' }))
  rig.routes.set(`GET /v1/groups/${group}`, () => ({ conversationId: group, title: 'team', history: 'all', members: [] }))
  rig.routes.set(`GET /v1/conversations/${group}/receipts`, () => ({ members: [] }))
  rig.routes.set(`GET /v1/conversations/${group}/messages`, () => ({ conversationId: group, messages: [], nextAfter: 0, maxSeqNo: 0 }))
})
afterEach(() => vi.useRealTimers())

test('Notices stand in the timeline in their places, and are no messages', async () => {
  const client = await rig.online()
  await rig.says(told(1, { what: 'created', value: 'team' }), says(2), told(3), says(4), told(5, { what: 'left', userId: 'bob' }))
  const timeline = client.openTimeline(group)
  await settle()

  expect(seqNos(timeline.messages)).toEqual([2, 4])
  expect(timeline.notices).toEqual([notice(1, { what: 'created', value: 'team' }), notice(3), notice(5, { what: 'left', userId: 'bob' })])
  expect(client.findConversation(group)).toMatchObject({ unreadCount: 2, maxSeqNo: 5, lastMessage: { seqNo: 4 } })
  expect(timeline.hasOlder).toBe(false)
  await rig.says({ type: 'caughtUp' })
  expect(rig.sent('ack').at(-1)).toMatchObject({ conversationId: group, seqNo: 5 })
})

test('A notice that comes while the timeline is open is in a new list', async () => {
  const client = await rig.online()
  await rig.says(told(1), says(2))
  const timeline = client.openTimeline(group)
  await settle()
  const before = timeline.notices
  let calls = 0
  timeline.subscribe(() => calls++)

  await rig.says(says(3))
  expect(timeline.notices).toBe(before)
  await rig.says(told(4), told(4))

  expect(seqNos(timeline.notices)).toEqual([1, 4])
  expect(calls).toBeGreaterThan(1)
})

test('Notices are kept with the messages, and are there without network', async () => {
  const store = new MemoryStore()
  const first = await rig.online(store)
  await rig.says(told(1), says(2), told(3))
  await first.close()

  rig.requests.length = 0
  const again = await rig.open(store)
  await settle()
  const timeline = again.openTimeline(group)
  await settle()

  expect([seqNos(timeline.notices), seqNos(timeline.messages)]).toEqual([[1, 3], [2]])
  expect(rig.requests.filter((request) => request.includes('/messages'))).toEqual([])
})

test('Notices come with pages', async () => {
  const page: Page = { conversationId: group, messages: [says(2)], changes: [told(1), told(3)] as unknown as Page['changes'], maxSeqNo: 3 }
  rig.routes.set(`GET /v1/conversations/${group}/messages`, () => page)
  const client = await rig.online()
  const timeline = client.openTimeline(group)
  await settle()

  expect([seqNos(timeline.notices), seqNos(timeline.messages)]).toEqual([[1, 3], [2]])
  expect(timeline.error).toBeUndefined()
})

test('Of very many notices the newest are kept, and what lies below is fetched again', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(says(1), ...Array.from({ length: maxNotices + 5 }, (_, n) => told(n + 2)), says(maxNotices + 7))
  const row = (await store.load()).conversations.find(({ id }) => id === group)!

  expect(seqNos(row.notices!)).toEqual(Array.from({ length: maxNotices }, (_, n) => n + 7))
  expect(row.complete).toEqual([[7, maxNotices + 7]])
  expect(row.unreadCount).toBe(2)
  // A page with the older ones counts nothing again.
  rig.routes.set(`GET /v1/conversations/${group}/messages`, () => ({
    conversationId: group, messages: [says(1)], changes: [2, 3, 4, 5, 6].map((n) => told(n)) as unknown as Page['changes'], maxSeqNo: maxNotices + 7,
  }))
  const timeline = client.openTimeline(group)
  await settle()
  await timeline.loadDownTo(1)
  expect([timeline.messages.length, timeline.notices.length]).toEqual([2, maxNotices + 5])
  expect(client.findConversation(group)?.unreadCount).toBe(2)
})

test('What is unread is counted where a notice is the first entry', async () => {
  const client = await rig.online()
  await rig.says(told(1), says(2), says(3), says(4))
  client.openTimeline(group)
  await settle()

  await client.markRead(group, 2)

  expect(client.findConversation(group)?.unreadCount).toBe(2)
})
