import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Change } from '../src/changes.ts'
import type { ChatClient } from '../src/client.ts'
import type { ChangeContent, Message, ServerFrame } from '../src/protocol.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, direct, message, pagesOf, pass, plain, Rig, settle, summary } from './rig.ts'

let rig: Rig
let store: MemoryStore
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
  store = new MemoryStore()
})
afterEach(() => vi.useRealTimers())

const change = (seqNo: number, target: number, content: ChangeContent, more = {}): ServerFrame => ({
  type: 'change',
  ...content,
  messageId: `m${seqNo}`,
  conversationId: direct,
  seqNo,
  senderId: 'bob',
  timestamp: 1000 + seqNo,
  target: { messageId: `m${target}`, seqNo: target },
  ...more,
})
const like = (by: string, on = true) => [{ kind: 'react', emoji: '👍', on } as const, { senderId: by }] as const
const own = { senderId: 'alice', clientMsgId: 'c' }

/** Alice has three messages of bob's and one of her own, and looks at them. */
async function talking() {
  const client = await rig.online(store)
  await rig.says(message(1), message(2), message(3), message(4, own))
  const timeline = client.openTimeline(direct)
  await settle()
  return { client, timeline, at: (seqNo: number) => timeline.messages.find((one) => one.seqNo === seqNo)! }
}
const refusedBy = (client: ChatClient) => {
  const refused: Change[] = []
  client.subscribe((changes) => refused.push(...changes.filter(({ type }) => type === 'refused')))
  return refused
}
const acks = () => rig.sent('ack').map(({ seqNo }) => seqNo)

test('Changes of others are laid on, kept and acked, and are no messages', async () => {
  const { client, timeline, at } = await talking()
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
  const { timeline, at } = await talking()
  await rig.says(change(5, 1, ...like('bob')), change(5, 1, ...like('bob')))
  expect(at(1).reactions).toMatchObject([{ count: 1 }])

  await rig.cut()
  await pass(1_000)
  await rig.drained(message(1, { reactions: [{ emoji: '👍', count: 3, userIds: ['bob'] }], changedSeqNo: 8 }), change(7, 1, ...like('carol')))
  expect(timeline.messages[0]!.reactions).toMatchObject([{ count: 3 }])
})

test('The last message of the list shows what became of it', async () => {
  const { client } = await talking()
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
  const { client } = await talking()
  rig.routes.set('GET /v1/conversations', () => ({ conversations: [summary(5, { unreadCount: 2, lastMessage: plain(4, own) })], epoch: 'e1' }))
  await rig.says(change(5, 3, { kind: 'delete' }))
  await pass(2_000)
  expect(client.findConversation(direct)!.unreadCount).toBe(2)
})

test('Read up to the last message, nothing is unread, whatever changes lie above it', async () => {
  const { client } = await talking()
  await rig.says(change(5, 1, ...like('bob')), change(6, 1, ...like('carol')))
  await client.markRead(direct, 4)
  expect(client.findConversation(direct)!.unreadCount).toBe(0)
})

test('A message of which an earlier change may be missing is fetched again', async () => {
  const { timeline, at } = await talking()
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

test('An own change is shown at once, sent, and stays with its ack', async () => {
  const { client, at } = await talking()
  await client.edit(at(4), 'better')
  await client.react(at(1), '👍')
  await client.pin(at(1), true)
  expect(at(4)).toMatchObject({ text: 'better', editedAt: Date.now() })
  expect(at(1)).toMatchObject({ pinned: true, reactions: [{ emoji: '👍', count: 1, mine: true }] })
  expect(client.findConversation(direct)!.lastMessage).toMatchObject({ text: 'better' })
  expect(client.findConversation(direct)!.outgoing).toEqual([])

  const edit = rig.sent('edit')[0]!
  expect(edit).toEqual({ type: 'edit', to: direct, messageId: 'm4', text: 'better', basedOn: 0, clientMsgId: edit.clientMsgId })
  await rig.says(ackOf(edit.clientMsgId, 5))
  const react = rig.sent('react')[0]!
  expect(react).toMatchObject({ messageId: 'm1', emoji: '👍', on: true })
  await rig.says(ackOf(react.clientMsgId, 6))
  await rig.says(ackOf(rig.sent('pin')[0]!.clientMsgId, 7))

  expect(at(4)).toEqual({ ...plain(4, own), text: 'better', editedAt: 1005, changedSeqNo: 5 })
  expect(at(1)).toMatchObject({ pinned: true, reactions: [{ count: 1, mine: true, userIds: ['alice'] }], changedSeqNo: 7 })
  expect(await store.messages(direct, 1, 9, 9)).toEqual([1, 2, 3, 4].map(at))
  expect((await store.load()).outbox).toEqual([])
  expect(rig.requests.filter((one) => one.includes('/messages?'))).toEqual([])
})

test('A change waits for the messages and changes before it, is sent again after a loss with the same clientMsgId, and outlives the client', async () => {
  const { client, at } = await talking()
  await client.send(direct, 'first')
  await client.delete(at(4))
  expect(rig.sent('delete')).toEqual([])
  await rig.says(ackOf(rig.sent('message')[0]!.clientMsgId, 5))
  const { clientMsgId } = rig.sent('delete')[0]!
  expect(at(4)).toMatchObject({ text: '', deleted: { by: 'alice' } })
  await rig.cut()
  await pass(1_000)
  expect(rig.sent('delete').map((one) => one.clientMsgId)).toEqual([clientMsgId])
  await client.close()

  const again = await rig.open(store)
  await settle()
  expect(rig.sent('delete').map((one) => one.clientMsgId)).toEqual([clientMsgId])
  const timeline = again.openTimeline(direct)
  await settle()
  expect(timeline.messages.at(-2)).toMatchObject({ deleted: { by: 'alice' } })
  await rig.drained(change(6, 4, { kind: 'delete' }, { senderId: 'alice', clientMsgId }))
  expect((await store.load()).outbox).toEqual([])
  expect(timeline.messages.at(-2)).toMatchObject({ deleted: { by: 'alice', at: 1006 }, changedSeqNo: 6 })
})

test.each(['too_late', 'forbidden', 'conflict', 'bad_request', 'too_large', 'not_a_member'] as const)('Refused with %s it is taken back, and it is told why', async (code) => {
  const { client, at } = await talking()
  const refused = refusedBy(client)
  await client.edit(at(4), 'better')
  await client.send(direct, 'next')
  const { clientMsgId } = rig.sent('edit')[0]!
  await rig.says({ type: 'error', code, message: 'No.', clientMsgId })

  expect(at(4)).toEqual(plain(4, own))
  expect(refused).toMatchObject([{ conversationId: direct, item: { clientMsgId, change: { kind: 'edit', text: 'better' } }, error: { code, message: 'No.' } }])
  expect((await store.load()).outbox).toMatchObject([{ text: 'next' }])
  expect(rig.sent('message').map(({ text }) => text)).toEqual(['next'])
})

test('Refused for now it waits', async () => {
  const { client, at } = await talking()
  await client.pin(at(1), true)
  await rig.says({ type: 'error', code: 'rate_limited', message: 'Slowly.', clientMsgId: rig.sent('pin')[0]!.clientMsgId, retryAfterMs: 2_000 })
  expect(at(1).pinned).toBe(true)
  await pass(2_000)
  expect(new Set(rig.sent('pin').map(({ clientMsgId }) => clientMsgId)).size).toBe(1)
  expect(rig.sent('pin')).toHaveLength(2)
})

test('What was set and taken back before it went out does not go out', async () => {
  const { client, at } = await talking()
  await rig.cut()
  await client.react(at(1), '👍')
  await client.react(at(1), '❤️')
  await client.react(at(1), '👍')
  await client.pin(at(2), true)
  await client.pin(at(2), false)
  await client.edit(at(4), 'one')
  await client.edit(at(4), 'two')
  await client.edit(at(4), 'two')
  expect(at(1).reactions).toEqual([{ emoji: '❤️', count: 1, mine: true, userIds: ['alice'] }])
  expect((await store.load()).outbox).toMatchObject([{ change: { emoji: '❤️' } }, { change: { text: 'two' } }])

  await client.delete(at(4))
  expect((await store.load()).outbox).toMatchObject([{ change: { emoji: '❤️' } }, { change: { kind: 'delete' } }])
})

test('What is deleted twice before it goes out is deleted', async () => {
  const { client, at } = await talking()
  await rig.cut()
  const mine = at(4)
  await client.delete(mine)
  await client.delete(mine)
  expect(at(4).deleted).toBeDefined()
  expect((await store.load()).outbox).toMatchObject([{ change: { kind: 'delete' } }])
})

test('What was sent is taken back by a change of its own', async () => {
  const { client, at } = await talking()
  await client.react(at(1), '👍')
  await client.react(at(1), '👍')
  expect(at(1).reactions).toBeUndefined()
  await rig.says(ackOf(rig.sent('react')[0]!.clientMsgId, 5))
  expect(rig.sent('react').map(({ on }) => on)).toEqual([true, false])
  expect(at(1).reactions).toBeUndefined()
})

test('A message that has not gone out is edited and deleted in the outbox', async () => {
  const client = await rig.online(store)
  await rig.cut()
  const one = await client.send(direct, 'one')
  const two = await client.send(direct, 'two')
  await client.edit(one, 'uno')
  await client.delete(two)
  expect(client.findConversation(direct)!.outgoing).toMatchObject([{ clientMsgId: one.clientMsgId, text: 'uno' }])
  await expect(client.edit(one, '')).rejects.toMatchObject({ code: 'bad_request' })
  await expect(client.edit(two, 'due')).rejects.toMatchObject({ code: 'not_found' })
  await pass(1_000)
  expect(rig.sent('message').map(({ text }) => text)).toEqual(['uno'])
  await rig.says(ackOf(one.clientMsgId, 1))
  expect((await store.load()).outbox).toEqual([])
})

test('One that may have reached the server is edited there, when its ack has come', async () => {
  const client = await rig.online(store)
  const timeline = client.openTimeline(direct)
  const item = await client.send(direct, 'one')
  await client.edit(item, 'uno')
  expect(timeline.outgoing).toMatchObject([{ text: 'uno', state: 'waiting' }])
  await rig.cut()
  await pass(1_000)
  expect(rig.sent('message').map(({ text }) => text)).toEqual(['one'])

  await rig.says(ackOf(item.clientMsgId, 1))
  expect(timeline.messages).toMatchObject([{ text: 'uno', seqNo: 1 }])
  const edit = rig.sent('edit')[0]!
  expect(edit).toMatchObject({ messageId: 'm1', text: 'uno', basedOn: 0 })
  await rig.says(ackOf(edit.clientMsgId, 2))
  expect(timeline.messages).toMatchObject([{ text: 'uno', editedAt: 1002, changedSeqNo: 2 }])
  // What was shown of it may be edited further.
  await client.edit(item, 'one and only')
  expect(rig.sent('edit').at(-1)).toMatchObject({ messageId: 'm1', text: 'one and only', basedOn: 2 })
})

test('One that may have reached the server is deleted there, and not shown meanwhile', async () => {
  const client = await rig.online(store)
  const timeline = client.openTimeline(direct)
  const item = await client.send(direct, 'one')
  await client.delete(item)
  expect(timeline.outgoing).toEqual([])
  await rig.says(ackOf(item.clientMsgId, 1))
  expect(timeline.messages).toMatchObject([{ text: '', deleted: { by: 'alice' } }])
  expect(rig.sent('delete')).toMatchObject([{ messageId: 'm1' }])
})

test('After a reload nobody knows what was sent: it is edited when its ack has come', async () => {
  const client = await rig.online(store)
  const item = await client.send(direct, 'one')
  await client.close()
  rig.refuseConnections = undefined
  const again = await rig.open(store)
  await again.edit(item, 'uno')
  await settle()
  expect(rig.sent('message').map(({ text }) => text)).toEqual(['one'])
  await rig.says(ackOf(item.clientMsgId, 1))
  expect(rig.sent('edit')).toMatchObject([{ text: 'uno' }])
})

test('Refused for good, a message that was edited meanwhile waits with its new text', async () => {
  const client = await rig.online(store)
  const item = await client.send(direct, 'one')
  await client.edit(item, 'uno')
  await rig.says({ type: 'error', code: 'forbidden', message: 'No.', clientMsgId: item.clientMsgId })
  expect((await store.load()).outbox).toMatchObject([{ state: 'failed', text: 'uno' }])
  await client.retry(item.clientMsgId)
  await rig.says(ackOf(item.clientMsgId, 1))
  expect(rig.sent('message').map(({ text }) => text)).toEqual(['one', 'uno'])
  expect(rig.sent('edit')).toEqual([])
})

test('An own message that is acked after a change of it has that change', async () => {
  const { client, at } = await talking()
  await client.send(direct, 'five')
  await settle()
  const { clientMsgId } = rig.sent('message')[0]!
  const liked = { ...plain(5, { senderId: 'alice', text: 'five', clientMsgId }), reactions: [{ emoji: '👍', count: 1, userIds: ['bob'] }], changedSeqNo: 6 }
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({ conversationId: direct, messages: [liked], nextAfter: 6, maxSeqNo: 6 }))

  await rig.says(change(6, 5, ...like('bob')), ackOf(clientMsgId, 5))
  expect(at(5)).toMatchObject({ text: 'five' })
  await pass(400)

  expect(at(5)).toEqual(liked)
  expect(await store.messages(direct, 5, 5, 1)).toEqual([liked])
})

test.each(['ack', 'drain'])('An own change whose answer, by %s, comes after a later one is not lost', async (how) => {
  const { client, at } = await talking()
  await client.react(at(1), '👍')
  await settle()
  const { clientMsgId } = rig.sent('react')[0]!
  const both = { ...plain(1), text: 'better', editedAt: 1006, reactions: [{ emoji: '👍', count: 1, mine: true as const, userIds: ['alice'] }], changedSeqNo: 6 }
  rig.routes.set(`GET /v1/conversations/${direct}/messages`, () => ({ conversationId: direct, messages: [both], nextAfter: 6, maxSeqNo: 6 }))
  const edited = change(6, 1, { kind: 'edit', text: 'better' })

  await rig.says(edited)
  if (how === 'ack') await rig.says(ackOf(clientMsgId, 5))
  else {
    await rig.cut()
    await pass(60_000)
    await rig.drained(change(5, 1, { kind: 'react', emoji: '👍', on: true }, { senderId: 'alice', clientMsgId }), edited)
  }
  expect(at(1)).toMatchObject({ text: 'better' })
  await pass(400)

  expect(at(1)).toEqual(both)
  expect(await store.messages(direct, 1, 1, 1)).toEqual([both])
})

test('The user’s other devices’ changes come as everybody’s, and say what is the user’s', async () => {
  const { at } = await talking()
  await rig.says(change(5, 1, ...like('alice')), change(6, 1, ...like('bob')))
  expect(at(1).reactions).toEqual([{ emoji: '👍', count: 2, mine: true, userIds: ['alice', 'bob'] }])
  await rig.says(change(7, 1, ...like('alice', false)))
  expect(at(1).reactions).toEqual([{ emoji: '👍', count: 1, userIds: ['bob'] }])
  await rig.says(change(8, 1, ...like('bob', false)))
  expect(at(1)).toEqual({ ...plain(1), changedSeqNo: 8 })
})

test('An entry that is for no message, or of a kind that is not known, takes its place and harms nothing', async () => {
  const { client, at } = await talking()
  const { target: _, ...notice } = change(5, 1, { kind: 'notice', what: 'joined' } as never) as Extract<ServerFrame, { type: 'change' }>
  await rig.says(notice as ServerFrame, change(6, 1, { kind: 'timed' } as never), change(7, 99, { kind: 'delete' }))
  expect(at(1)).toEqual({ ...plain(1), changedSeqNo: 6 })
  expect(client.findConversation(direct)).toMatchObject({ maxSeqNo: 7 })
  await pass(100)
  expect(acks().at(-1)).toBe(7)
})

test('A new epoch drops what was folded; changes that wait are sent all the same', async () => {
  const { client, timeline, at } = await talking()
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
  rig.routes.set(`GET ${path}/pins`, () => ({ messages: [plain(2, { pinned: true })] }))

  expect(await client.getMessage(direct, 'm3')).toEqual({ ...place, text: '', deleted: { by: 'bob', at: 5 }, changedSeqNo: 4 })
  expect(await client.getReactions(direct, 'm1', { emoji: '❤️', cursor: 'x' })).toEqual({ reactions: [{ userId: 'bob', emoji: '❤️', seqNo: 5 }], next: 'x' })
  expect(await client.getEdits(direct, 'm1')).toMatchObject([{ text: 'one' }])
  expect(await client.getPins(direct)).toEqual([plain(2, { pinned: true })])
})

test('What a changed message says is passed on without what was made of it', async () => {
  const { client } = await talking()
  const changed: Message = { ...plain(1), editedAt: 5, pinned: true, reactions: [{ emoji: '👍', count: 1, userIds: ['bob'] }], changedSeqNo: 9, concurrent: true }
  const item = await client.send(direct, changed)
  expect(item).toEqual({ text: 'text 1', clientMsgId: item.clientMsgId, conversationId: direct, createdAt: item.createdAt, order: item.order, state: 'waiting' })
})
