import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, message, pagesOf, pass, plain, room, settle, Stage, summary } from './stage.ts'

let stage: Stage
beforeEach(() => {
  vi.useFakeTimers()
  stage = new Stage()
})
afterEach(() => vi.useRealTimers())

const acks = () => stage.sent('ack').map(({ seqNo, status }) => `${status} ${seqNo}`)
const spans = async (store: MemoryStore) => (await store.load()).rows[0]?.spans

test('What came is stored before it is acked, and a batch is acked once', async () => {
  const store = new MemoryStore()
  await stage.online(store)
  let release = (): void => undefined
  const write = store.write.bind(store)
  vi.spyOn(store, 'write').mockImplementationOnce(async (changes) => {
    await new Promise<void>((over) => (release = over))
    return write(changes)
  })

  await stage.says(message(1))
  await stage.says(message(2), message(3))
  expect(acks()).toEqual([])
  release()
  await pass(100)
  expect(acks()).toEqual(['delivered 1', 'delivered 3'])
})

test('The first of a conversation is acked at once, what follows close upon it together', async () => {
  await stage.online()
  const other = { conversationId: 'dm:alice:carol', messageId: 'c1' }
  await stage.says(message(1))
  await stage.says(message(2))
  await stage.says(message(1, other))
  await stage.says(message(3))
  const all = () => stage.sent('ack').map(({ conversationId, seqNo }) => `${conversationId} ${seqNo}`)
  expect(all()).toEqual([`${room} 1`, 'dm:alice:carol 1'])

  await pass(100)
  expect(all().slice(2)).toEqual([`${room} 3`])
  await stage.says(message(4))
  await pass(99)
  expect(all()).toHaveLength(3)
  await pass(1)
  expect(all().slice(3)).toEqual([`${room} 4`])

  await pass(200)
  await stage.says(message(5))
  expect(all().slice(4)).toEqual([`${room} 5`])
})

test('What waits to be acked is said when all has come, and before the client closes', async () => {
  const client = await stage.online()
  await stage.says(message(1))
  await stage.says(message(2))
  await stage.says({ type: 'caughtUp' })
  expect(acks()).toEqual(['delivered 1', 'delivered 2'])

  await stage.says(message(3))
  expect(acks()).toHaveLength(2)
  await client.close()
  expect(acks().slice(2)).toEqual(['delivered 3'])
})

test('Acks do not wait until the server has nothing left to push', async () => {
  await stage.online()
  for (let seqNo = 1; seqNo <= 33; seqNo++) await stage.says(message(seqNo))
  expect(acks()).toEqual(['delivered 1', 'delivered 33'])
})

test('What cannot be stored is not acked, until it can', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1))
  await stage.cut()
  await pass(1_000)
  vi.spyOn(store, 'write').mockRejectedValueOnce(new Error('broken'))
  await stage.says(message(5))
  expect(acks()).toEqual([])
  expect(client.storageFailed).toBe(true)

  await pass(5_000)
  expect(acks()).toEqual(['delivered 5'])
  // The second attempt is no second message: it claims no more than the first.
  expect(await spans(store)).toEqual([[1, 1], [5, 5]])
  expect(client.storageFailed).toBe(false)
})

test('A full store makes room and goes on', async () => {
  const store = new MemoryStore()
  await stage.online(store)
  await stage.says(message(1))
  vi.spyOn(store, 'write').mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'))
  await stage.says(message(2))
  await pass(100)
  expect(acks()).toEqual(['delivered 1', 'delivered 2'])
  expect(await spans(store)).toEqual([[2, 2]])
})

test('A message that comes again is shown once, counted once and acked again', async () => {
  const client = await stage.online()
  const timeline = client.timeline(room)
  await stage.says(message(1), message(2))
  await stage.cut()
  await pass(1_000)
  await stage.drained(message(1), message(2))

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 2])
  expect(client.conversation(room)!.unreadCount).toBe(2)
  expect(acks()).toEqual(['delivered 2'])
})

test('What a newer server says of a message reaches the view as it was said, however it came', async () => {
  const media = [{ id: 'x', width: 1.5 }]
  const newer = (seqNo: number) => ({ ...plain(seqNo), media, pinned: true })
  const wordless = { ...plain(4), text: undefined, deleted: { by: 'bob' } }
  stage.routes.set('GET /v1/conversations', () => ({ conversations: [summary(4, { lastMessage: wordless })], epoch: 'e1' }))
  stage.routes.set(`GET /v1/conversations/${room}/messages`, () => ({
    conversationId: room, messages: [newer(1), newer(2), plain(3), wordless], nextAfter: 4, maxSeqNo: 4,
  }))
  const store = new MemoryStore()
  const client = await stage.online(store)
  expect(client.conversation(room)!.lastMessage).toEqual({ ...wordless, text: '' })

  const timeline = client.timeline(room)
  await settle()
  await stage.says({ type: 'message', ...newer(5) })

  const all = [newer(1), newer(2), plain(3), { ...wordless, text: '' }, newer(5)]
  expect(timeline.messages).toEqual(all)
  expect(await store.messages(room, 1, 9, 9)).toEqual(all)
})

test('A number skipped on a connection is a hole; one skipped between two connections is asked for', async () => {
  const store = new MemoryStore()
  await stage.online(store)
  await stage.says(message(1), message(4))
  expect(await spans(store)).toEqual([[1, 4]])
  await stage.cut()
  await pass(1_000)
  await stage.drained(message(7), message(9))
  expect(await spans(store)).toEqual([[1, 4], [7, 9]])
})

test('The first message on a new device says nothing of what lies below', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  stage.routes.set(`GET /v1/conversations/${room}/messages`, pagesOf(41))
  await stage.says(message(41))
  expect(await spans(store)).toEqual([[41, 41]])

  const timeline = client.timeline(room)
  await settle()
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([41])
  expect(timeline.hasOlder).toBe(true)
  await timeline.loadOlder()
  expect(timeline.messages).toHaveLength(41)
  expect(timeline.hasOlder).toBe(false)
})

test('What the server skips because it was read here is not taken for complete', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1), { type: 'advanced', conversationId: room, maxSeqNo: 5 })
  await client.markRead(room, 5)
  await stage.says(message(6))
  expect(await spans(store)).toEqual([[1, 1], [6, 6]])
})

test('After resync what is sent again joins what was there', async () => {
  const store = new MemoryStore()
  await stage.online(store)
  await stage.says(message(1), message(2), { type: 'resync' }, message(3), message(5), { type: 'caughtUp' })
  expect(await spans(store)).toEqual([[1, 5]])
})

test('A conversation that fell behind is read upwards when it is opened', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1), message(2))
  stage.routes.set('GET /v1/conversations', () => ({ conversations: [summary(90)], epoch: 'e1' }))
  stage.routes.set(`GET /v1/conversations/${room}/messages`, pagesOf(90))
  await stage.says({ type: 'advanced', conversationId: room, maxSeqNo: 90 })
  const timeline = client.timeline(room)
  await settle()

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1))
  expect(stage.requests).toContain(`GET /v1/conversations/${room}/messages?after=2&limit=200`)
  expect(acks().at(-1)).toBe('delivered 90')
})

test('Far behind, the newest page is shown, and the gap is filled on the way down', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1), message(2))
  stage.routes.set(`GET /v1/conversations/${room}/messages`, pagesOf(1000))
  await stage.says({ type: 'advanced', conversationId: room, maxSeqNo: 1000 })
  const timeline = client.timeline(room)
  await pass(100)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(Array.from({ length: 50 }, (_, i) => i + 951))
  // What lies in the gap is not here: it is not acked.
  expect(acks().at(-1)).toBe('delivered 2')

  await timeline.loadDownTo(1)
  expect(timeline.messages).toHaveLength(1000)
  expect(await spans(store)).toEqual([[1, 1000]])
  expect(acks().at(-1)).toBe('delivered 1000')
})

test('Pages that come out of order make one log', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  const pages = pagesOf(300)
  const gates: (() => void)[] = []
  stage.routes.set(`GET /v1/conversations/${room}/messages`, async (body, url) => {
    await new Promise<void>((over) => gates.push(over))
    return pages(body, url)
  })
  await stage.says(message(300))
  const [one, other] = [client.timeline(room), client.timeline(room)]
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
  expect(await spans(store)).toEqual([[1, 300]])
})

test('A page that does not come is told, and asked for again on the next connection', async () => {
  const client = await stage.online()
  await stage.says(message(1))
  await stage.says({ type: 'advanced', conversationId: room, maxSeqNo: 5 })
  stage.routes.delete(`GET /v1/conversations/${room}/messages`)
  const timeline = client.timeline(room)
  await settle()
  expect(timeline.error).toMatchObject({ code: 'not_found' })
  expect(timeline.messages).toHaveLength(1)

  stage.routes.set(`GET /v1/conversations/${room}/messages`, pagesOf(5))
  await stage.cut()
  await pass(1_000)
  await stage.drained()
  expect(timeline.error).toBeUndefined()
  expect(timeline.messages).toHaveLength(5)
})

test('A new epoch drops the log, and it is read again', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1), message(2), message(3))
  const timeline = client.timeline(room)
  await settle()
  await stage.cut()
  await client.send(room, 'kept')
  stage.routes.set('GET /v1/conversations', () => ({ conversations: [summary(2)], epoch: 'e2' }))
  stage.routes.set(`GET /v1/conversations/${room}/messages`, pagesOf(2))
  await pass(1_000)
  await stage.says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e2' }, { type: 'caughtUp' })
  await pass(2_500)

  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 2])
  expect(client.conversation(room)).toMatchObject({ maxSeqNo: 2 })
  expect(timeline.outgoing.map(({ text }) => text)).toEqual(['kept'])
})

test('Unread is the server’s figure, corrected by what came and was read since', async () => {
  stage.routes.set('GET /v1/conversations', () => ({ conversations: [summary(10, { readSeqNo: 4, unreadCount: 6 })], epoch: 'e1' }))
  const client = await stage.online()
  expect(client.conversation(room)!.unreadCount).toBe(6)
  await stage.says(message(11), message(12, { senderId: 'alice' }), message(13))
  expect(client.conversation(room)!.unreadCount).toBe(8)

  await client.markRead(room, 13)
  expect(client.conversation(room)!.unreadCount).toBe(0)
  expect(acks().at(-1)).toBe('read 13')
})

test('What the list has counted is not counted again when its page comes', async () => {
  stage.routes.set('GET /v1/conversations', () => ({ conversations: [summary(26, { unreadCount: 13 })], epoch: 'e1' }))
  stage.routes.set(`GET /v1/conversations/${room}/messages`, pagesOf(26))
  const client = await stage.online()
  const timeline = client.timeline(room)
  await settle()
  expect(timeline.messages).toHaveLength(26)
  expect(client.conversation(room)!.unreadCount).toBe(13)
})

test('An own ack that overtakes a message does not keep it from being counted', async () => {
  const client = await stage.online()
  await stage.says(message(1))
  const { clientMsgId } = await client.send(room, 'mine')
  await stage.says(ackOf(clientMsgId, 3), message(2), message(2))
  expect(client.conversation(room)).toMatchObject({ unreadCount: 2, maxSeqNo: 3 })
})

test('What comes while reading is written down stays unread', async () => {
  const store = new MemoryStore()
  const client = await stage.online(store)
  await stage.says(message(1), message(2))
  let release = (): void => undefined
  const write = store.write.bind(store)
  vi.spyOn(store, 'write').mockImplementationOnce(async (changes) => {
    await new Promise<void>((over) => (release = over))
    return write(changes)
  })
  const reading = client.markRead(room, 2)
  await stage.says(message(3))
  release()
  await reading
  expect(client.conversation(room)).toMatchObject({ unreadCount: 1, readSeqNo: 2 })
})

test('What was read offline is told later', async () => {
  const client = await stage.online()
  await stage.says(message(1))
  await stage.cut()
  await client.markRead(room, 1)
  await pass(1_000)
  expect(acks()).toEqual(['read 1'])
})

test('Reading on another device counts here', async () => {
  const client = await stage.online()
  await stage.says(message(1), { type: 'ack', conversationId: room, userId: 'alice', seqNo: 1, status: 'read' })
  expect(client.conversation(room)).toMatchObject({ unreadCount: 0, readSeqNo: 1 })
})

test('Ticks go by the slowest of the others', async () => {
  stage.routes.set(`GET /v1/conversations/${room}/receipts`, () => ({
    members: ['alice', 'bob', 'carol'].map((userId) => ({ userId, deliveredSeqNo: 0, readSeqNo: 0 })),
  }))
  const client = await stage.online()
  const timeline = client.timeline(room)
  await stage.says(message(1, { senderId: 'alice' }))
  const [mine] = timeline.messages
  const tickAfter = async (userId: string, status: 'delivered' | 'read') => {
    await stage.says({ type: 'ack', conversationId: room, userId, seqNo: 1, status })
    return timeline.tickOf(mine!)
  }
  expect(timeline.tickOf(mine!)).toBe('sent')
  expect(await tickAfter('bob', 'read')).toBe('sent')
  expect(await tickAfter('carol', 'delivered')).toBe('delivered')
  expect(await tickAfter('carol', 'read')).toBe('read')
})

test('The first message of a direct conversation gets its ticks', async () => {
  const client = await stage.online()
  const timeline = client.timeline(room)
  await settle()
  await client.send(room, 'hello')
  await settle()
  const { clientMsgId } = stage.sent('message')[0]!
  await stage.says({ type: 'ack', clientMsgId, messageId: 'm1', conversationId: room, seqNo: 1, timestamp: 1, status: 'sent' })
  await stage.says({ type: 'ack', conversationId: room, userId: 'bob', seqNo: 1, status: 'delivered' })
  expect(timeline.tickOf(timeline.messages[0]!)).toBe('delivered')
})

test('A group that the user was taken out of goes from the list', async () => {
  const group = 'g:00000000000000000000000000000000'
  stage.routes.set('GET /v1/conversations', () => ({ conversations: [{ ...summary(1), conversationId: group, title: 'Team' }], epoch: 'e1' }))
  const client = await stage.online()
  expect(client.conversations.map(({ title }) => title)).toEqual(['Team'])
  await stage.says({ type: 'conversation', conversationId: group, change: 'memberRemoved', userId: 'alice' })
  expect(client.conversations).toEqual([])
})

test('A list that was read before a group was left does not bring it back', async () => {
  const group = 'g:00000000000000000000000000000000'
  const list = { conversations: [{ ...summary(1), conversationId: group, title: 'Team' }], epoch: 'e1' }
  stage.routes.set('GET /v1/conversations', () => list)
  stage.routes.set(`DELETE /v1/groups/${group}/members/alice`, () => undefined)
  const client = await stage.online()
  let answer = (): void => undefined
  stage.routes.set('GET /v1/conversations', async () => {
    await new Promise<void>((over) => (answer = over))
    return list
  })
  await stage.says({ type: 'conversation', conversationId: group, change: 'titleChanged' })
  await pass(2_000)
  await client.leave(group)
  answer()
  await settle()
  expect(client.conversations).toEqual([])
})

test('Typing ends by itself, and with the message', async () => {
  const client = await stage.online()
  await stage.says(message(1), { type: 'typing', conversationId: room, userId: 'bob', active: true })
  expect(client.conversation(room)!.typing).toEqual(['bob'])
  await pass(6_000)
  expect(client.conversation(room)!.typing).toEqual([])
  await stage.says({ type: 'typing', conversationId: room, userId: 'bob', active: true }, message(2))
  expect(client.conversation(room)!.typing).toEqual([])
})

test('Presence is asked for as a whole, and again on each connection', async () => {
  const client = await stage.online()
  client.watch(['bob', 'carol'])
  await stage.says({ type: 'presence', userId: 'bob', online: true })
  client.watch(['bob', 'dave'])
  expect(stage.sent('presence')).toEqual([
    { type: 'presence', subscribe: ['bob', 'carol'], unsubscribe: [] },
    { type: 'presence', subscribe: ['dave'], unsubscribe: ['carol'] },
  ])
  expect(client.presence('bob')).toEqual({ online: true })
  await stage.cut()
  await pass(1_000)
  expect(stage.sent('presence')).toEqual([{ type: 'presence', subscribe: ['bob', 'dave'], unsubscribe: [] }])
})

test('Who becomes visible by a first message is asked for again', async () => {
  const client = await stage.online()
  client.watch(['bob'])
  await stage.says(message(1), message(2))
  await pass(200)
  expect(stage.sent('presence').map(({ subscribe }) => subscribe)).toEqual([['bob'], ['bob']])
})
