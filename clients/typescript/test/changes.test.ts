import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Message, ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { direct, message, pagesOf, pass, plain, Rig, settle, summary } from './rig.ts'
import { change, like, own, talking } from './talking.ts'

let rig: Rig
let store: MemoryStore
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
  store = new MemoryStore()
})
afterEach(() => vi.useRealTimers())

const acks = () => rig.sent('ack').map(({ seqNo }) => seqNo)

test('Changes of others are laid on, kept and acked, and are no messages', async () => {
  const { client, timeline, at } = await talking(rig, store)
  const before = at(2)
  await rig.says(change(5, 1, { kind: 'edit', text: 'better' }), change(6, 1, ...like('bob')), change(7, 1, ...like('carol')), change(8, 3, { kind: 'delete' }), change(9, 2, { kind: 'pin', on: true }))

  const first = { ...plain(1), text: 'better', editedAt: 1005, reactions: [{ emoji: '👍', count: 2, userIds: ['bob', 'carol'] }], changedSeqNo: 7 }
  const { text: _, ...place } = plain(3)
  const all = [first, { ...plain(2), pinned: true, changedSeqNo: 9 }, { ...place, text: '', deleted: { by: 'bob', at: 1008 }, changedSeqNo: 8 }, plain(4, own)]
  expect(timeline.messages).toEqual(all)
  expect(before.pinned).toBeUndefined()
  expect(await store.messages(direct, 1, 99, 99)).toEqual(all)
  expect(client.findConversation(direct)).toMatchObject({ maxSeqNo: 9, unreadCount: 3, lastMessage: { seqNo: 4 } })
  await pass(100)
  expect(acks().at(-1)).toBe(9)
  expect(rig.requests.filter((one) => one.includes('/messages?'))).toEqual([])
})

test('What is in a message’s state already is not laid on again', async () => {
  const { timeline, at } = await talking(rig, store)
  await rig.says(change(5, 1, ...like('bob')), change(5, 1, ...like('bob')))
  expect(at(1).reactions).toMatchObject([{ count: 1 }])

  await rig.cut()
  await pass(1_000)
  await rig.drained(message(1, { reactions: [{ emoji: '👍', count: 3, userIds: ['bob'] }], changedSeqNo: 8 }), change(7, 1, ...like('carol')))
  expect(timeline.messages[0]!.reactions).toMatchObject([{ count: 3 }])
})

test('The last message of the list shows what became of it', async () => {
  const { client } = await talking(rig, store)
  await rig.says(change(5, 4, { kind: 'edit', text: 'new' }, own))
  expect(client.findConversation(direct)!.lastMessage).toMatchObject({ text: 'new', changedSeqNo: 5 })

  // The list is newer.
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(6, { lastMessage: { ...plain(4, own), text: 'newest', changedSeqNo: 6 } })], epoch: 'e1' }))
  await rig.cut()
  await pass(1_000)
  await rig.drained()
  await pass(2_000)
  expect(client.findConversation(direct)!.lastMessage).toMatchObject({ text: 'newest', changedSeqNo: 6 })
})

test('Of a message that was deleted before it was read nothing is unread: the list is asked', async () => {
  const { client } = await talking(rig, store)
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(5, { unreadCount: 2, lastMessage: plain(4, own) })], epoch: 'e1' }))
  await rig.says(change(5, 3, { kind: 'delete' }))
  await pass(2_000)
  expect(client.findConversation(direct)!.unreadCount).toBe(2)
})

test('Read up to the last message, nothing is unread, whatever changes lie above it', async () => {
  const { client } = await talking(rig, store)
  await rig.says(change(5, 1, ...like('bob')), change(6, 1, ...like('carol')))
  await client.markRead(direct, 4)
  expect(client.findConversation(direct)!.unreadCount).toBe(0)
})

test('A message of which an earlier change may be missing is fetched again', async () => {
  const { timeline, at } = await talking(rig, store)
  await rig.cut()
  const counted = { ...plain(1), reactions: [{ emoji: '👍', count: 2, userIds: ['bob', 'carol'] }], changedSeqNo: 7 }
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({ conversationId: direct, messages: [counted, plain(2), plain(3), plain(4, own)], nextAfter: 7, maxSeqNo: 7 }))
  await pass(1_000)
  // Whether 5 and 6 were holes nobody knows yet.
  await rig.drained(change(7, 1, ...like('carol')))
  await pass(300)

  expect(at(1)).toEqual(counted)
  expect(await store.messages(direct, 1, 1, 1)).toEqual([counted])
  expect(timeline.error).toBeUndefined()
})

test('A page that was read before a change takes nothing of it away', async () => {
  const client = await rig.online(store)
  let come = () => undefined as void
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, async () => {
    await new Promise<void>((open) => (come = open))
    return { conversationId: direct, messages: [plain(1), plain(2)], nextBefore: undefined, maxSeqNo: 2 }
  })
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 2 })
  const timeline = client.openTimeline(direct)
  await settle()
  await rig.says(change(3, 1, ...like('bob')))
  come()
  await settle()

  expect(timeline.messages[0]).toMatchObject({ reactions: [{ emoji: '👍', count: 1 }], changedSeqNo: 3 })
  expect((await store.messages(direct, 1, 1, 1))[0]).toMatchObject({ changedSeqNo: 3 })
})

test('The user’s other devices’ changes come as everybody’s, and say what is the user’s', async () => {
  const { at } = await talking(rig, store)
  await rig.says(change(5, 1, ...like('alice')), change(6, 1, ...like('bob')))
  expect(at(1).reactions).toEqual([{ emoji: '👍', count: 2, mine: true, userIds: ['alice', 'bob'] }])
  await rig.says(change(7, 1, ...like('alice', false)))
  expect(at(1).reactions).toEqual([{ emoji: '👍', count: 1, userIds: ['bob'] }])
  await rig.says(change(8, 1, ...like('bob', false)))
  expect(at(1)).toEqual({ ...plain(1), changedSeqNo: 8 })
})

test('An entry that is for no message, or of a kind that is not known, takes its place and harms nothing', async () => {
  const { client, at } = await talking(rig, store)
  const { target: _, ...notice } = change(5, 1, { kind: 'notice', what: 'joined' } as never) as Extract<ServerFrame, { type: 'change' }>
  await rig.says(notice as ServerFrame, change(6, 1, { kind: 'timed' } as never), change(7, 99, { kind: 'delete' }))
  expect(at(1)).toEqual({ ...plain(1), changedSeqNo: 6 })
  expect(client.findConversation(direct)).toMatchObject({ maxSeqNo: 7 })
  await pass(100)
  expect(acks().at(-1)).toBe(7)
})

test('A new epoch drops what was folded; changes that wait are sent all the same', async () => {
  const { client, timeline, at } = await talking(rig, store)
  await rig.says(change(5, 1, ...like('bob')))
  await rig.cut()
  await client.react(at(1), '👍')
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(2)], epoch: 'e2' }))
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, pagesOf(2))
  await pass(1_000)
  await rig.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e2' }, { type: 'caughtUp' })
  await pass(2_500)
  expect(timeline.messages.map(({ reactions }) => reactions)).toMatchObject([[{ count: 1, mine: true }], undefined])
  expect(rig.sent('react')).toHaveLength(1)
})

test('Whoever is removed from a group has no changes waiting for it', async () => {
  const group = 'g:00000000000000000000000000000000'
  const client = await rig.online(store)
  await rig.says(message(1, { conversationId: group }))
  await rig.cut()
  await client.react({ ...plain(1), conversationId: group }, '👍')
  await client.send(group, 'hello')
  await pass(1_000)
  await rig.drained({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  expect((await store.load()).outbox).toMatchObject([{ text: 'hello', state: 'failed' }])
  expect(client.findConversation(group)).toMatchObject({ left: true, outgoing: [{ text: 'hello' }] })
})

test('One message, its reactions and texts, and the pins are asked for', async () => {
  const client = await rig.online(store)
  const path = `/v1/conversations/${direct}`
  const { text: _, ...place } = plain(3)
  rig.routes.set(`GET ${path}/messages/m3`, () => ({ ...place, deleted: { by: 'bob', at: 5 }, changedSeqNo: 4 }))
  rig.routes.set(`GET ${path}/messages/m1/reactions`, (_, { searchParams }) => ({ reactions: [{ userId: 'bob', emoji: searchParams.get('emoji'), seqNo: 5 }], next: searchParams.get('cursor') ?? undefined }))
  rig.routes.set(`GET ${path}/messages/m1/edits`, () => ({ edits: [{ messageId: 'm1', seqNo: 1, senderId: 'bob', timestamp: 1, text: 'one' }] }))
  rig.routes.set(`GET ${path}/pins`, (_, { searchParams }) => searchParams.get('cursor') === '7 +' ? { messages: [plain(1, { pinned: true })] } : { messages: [plain(2, { pinned: true })], next: '7 +' })

  expect(await client.getMessage(direct, 'm3')).toEqual({ ...place, text: '', deleted: { by: 'bob', at: 5 }, changedSeqNo: 4 })
  expect(await client.getReactions(direct, 'm1', { emoji: '❤️', cursor: 'x' })).toEqual({ reactions: [{ userId: 'bob', emoji: '❤️', seqNo: 5 }], next: 'x' })
  expect(await client.getEdits(direct, 'm1')).toMatchObject([{ text: 'one' }])
  expect(await client.getPins(direct)).toEqual([plain(2, { pinned: true }), plain(1, { pinned: true })])
})

test('What a changed message says is passed on without what was made of it', async () => {
  const { client } = await talking(rig, store)
  const changed: Message = { ...plain(1), editedAt: 5, pinned: true, reactions: [{ emoji: '👍', count: 1, userIds: ['bob'] }], changedSeqNo: 9, concurrent: true }
  const item = await client.send(direct, changed)
  expect(item).toEqual({ text: 'text 1', clientMsgId: item.clientMsgId, conversationId: direct, createdAt: item.createdAt, order: item.order, state: 'waiting' })
})
