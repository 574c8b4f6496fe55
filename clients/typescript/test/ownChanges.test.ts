import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, direct, pass, plain, Rig, settle } from './rig.ts'
import { change, like, own, refusedBy, talking } from './talking.ts'

let rig: Rig
let store: MemoryStore
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
  store = new MemoryStore()
})
afterEach(() => vi.useRealTimers())

test('An own change is shown at once, sent, and stays with its ack', async () => {
  const { client, at } = await talking(rig, store)
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
  const { client, at } = await talking(rig, store)
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
  const { client, at } = await talking(rig, store)
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
  const { client, at } = await talking(rig, store)
  await client.pin(at(1), true)
  await rig.says({ type: 'error', code: 'rate_limited', message: 'Slowly.', clientMsgId: rig.sent('pin')[0]!.clientMsgId, retryAfterMs: 2_000 })
  expect(at(1).pinned).toBe(true)
  await pass(2_000)
  expect(new Set(rig.sent('pin').map(({ clientMsgId }) => clientMsgId)).size).toBe(1)
  expect(rig.sent('pin')).toHaveLength(2)
})

test('What was set and taken back before it went out does not go out', async () => {
  const { client, at } = await talking(rig, store)
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
  const { client, at } = await talking(rig, store)
  await rig.cut()
  const mine = at(4)
  await client.delete(mine)
  await client.delete(mine)
  expect(at(4).deleted).toBeDefined()
  expect((await store.load()).outbox).toMatchObject([{ change: { kind: 'delete' } }])
})

test('What was sent is taken back by a change of its own', async () => {
  const { client, at } = await talking(rig, store)
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
  const { client, at } = await talking(rig, store)
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
  const { client, at } = await talking(rig, store)
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
