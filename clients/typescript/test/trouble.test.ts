import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { ackOf, message, pagesOf, pass, direct, settle, Rig, summary } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const pages = `GET /v1/conversations/${direct}/messages`
const texts = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

/** Holds an answer back until it is let go. */
function held<T>(answer: () => T): { route: () => Promise<T>; go: () => Promise<void> } {
  let release = (): void => undefined
  const gate = new Promise<void>((over) => (release = over))
  return {
    route: () => gate.then(answer),
    go: async () => {
      release()
      await settle()
    },
  }
}

test('A device that the server has forgotten does not pass over what it missed', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1), message(2))
  const timeline = client.openTimeline(direct)
  await rig.cut()
  await pass(1_000)
  rig.routes.set(pages, pagesOf(9))
  await rig.drained(message(9))
  await pass(300)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(texts(9))
})

test('What comes while a page is under way is repaired, too', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await rig.says(message(1))
  const slow = held(() => pagesOf(3)(undefined, new URL('http://server/?after=1&limit=200')))
  rig.routes.set(pages, slow.route)
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 3 })
  await pass(300)
  rig.routes.set(pages, pagesOf(6))
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 6 })
  await pass(300)
  await slow.go()
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(texts(6))
})

test('What the store dropped is fetched again', async () => {
  const store = new MemoryStore({ keep: 50 })
  const client = await rig.online(store)
  for (const seqNo of texts(120)) await rig.says(message(seqNo))
  rig.routes.set(pages, pagesOf(120))
  const timeline = client.openTimeline(direct)
  await timeline.loadDownTo(1)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual(texts(120))
  expect(timeline.hasOlder).toBe(false)
})

test('A renewal that was under way does not undo signing out', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  const slow = held(() => ({ accessToken: 'late', refreshToken: 'late', expiresIn: 900 }))
  rig.routes.set('POST /v1/auth/refresh', slow.route)
  await pass(720_000)
  await client.signOut()
  await slow.go()
  expect(client.session).toBeUndefined()
  expect((await store.load()).session).toBeUndefined()
  expect(rig.requests.filter((request) => request === 'POST /v1/auth/logout')).toHaveLength(2)
})

test('Signing out does not wait for the network', async () => {
  const client = await rig.online()
  rig.routes.set('POST /v1/auth/logout', () => new Promise(() => undefined))
  await client.signOut()
  expect(client.connection).toMatchObject({ status: 'signedOut', reason: 'signedOut' })
})

test('The next user does not get an answer that was the last one’s', async () => {
  const client = await rig.online()
  const slow = held(() => ({ conversations: [summary(1)], epoch: 'e1' }))
  rig.routes.set('GET /v1/conversations', slow.route)
  await pass(2_000)
  await rig.says({ type: 'conversation', conversationId: 'g:00000000000000000000000000000000', change: 'created' })
  await client.signOut()
  await client.signIn('carol', 'secret')
  await slow.go()
  expect(client.conversations).toEqual([])
})

test('A message discarded on its way is fetched when it arrived all the same', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await rig.says(message(1))
  const { clientMsgId } = await client.send(direct, 'never mind')
  await client.discard(clientMsgId)
  rig.routes.set(pages, pagesOf(3))
  await rig.says(ackOf(clientMsgId, 2), message(3))
  await pass(300)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 2, 3])
})

test('Nothing passes over the place of a message that was discarded on its way', async () => {
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await rig.says(message(1))
  const { clientMsgId } = await client.send(direct, 'never mind')
  await client.discard(clientMsgId)
  rig.routes.set(pages, pagesOf(4))
  // Its ack is late, and an older message comes again in between.
  await rig.says(message(3), ackOf(clientMsgId, 2), message(1), message(4))
  await pass(300)
  expect(timeline.messages.map(({ seqNo }) => seqNo)).toEqual([1, 2, 3, 4])
})

test('An ack that comes twice asks for nothing', async () => {
  const client = await rig.online()
  client.openTimeline(direct)
  const { clientMsgId } = await client.send(direct, 'once')
  await rig.says(ackOf(clientMsgId, 1))
  const asked = rig.requests.length
  await rig.says(ackOf(clientMsgId, 1), message(2))
  await pass(1_000)
  expect(rig.requests.slice(asked).filter((request) => request.startsWith(pages))).toEqual([])
})

test('A first page that did not come is asked for again by looking for older ones', async () => {
  rig.routes.delete(pages)
  const client = await rig.online()
  const timeline = client.openTimeline(direct)
  await settle()
  expect(timeline.error).toMatchObject({ code: 'not_found' })
  rig.routes.set(pages, pagesOf(3))
  await timeline.loadOlder()
  expect(timeline.error).toBeUndefined()
  expect(timeline.messages).toHaveLength(3)
})

test('A gap that could not be filled is tried again by looking for older ones', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  const timeline = client.openTimeline(direct)
  await settle()
  rig.routes.delete(pages)
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 3 })
  await pass(60_000)
  expect(timeline.error).toMatchObject({ code: 'not_found' })
  rig.routes.set(pages, pagesOf(3))
  await timeline.loadOlder()
  expect(timeline.error).toBeUndefined()
  expect(timeline.messages).toHaveLength(3)
})

test('A page that fails for now is asked for again without being asked to', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  const timeline = client.openTimeline(direct)
  await settle()
  rig.routes.set(pages, () => {
    throw new ChatError('network', 'gone')
  })
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 3 })
  await pass(300)
  expect(timeline.error).toMatchObject({ code: 'network' })
  rig.routes.set(pages, pagesOf(3))
  await pass(5_000)
  expect(timeline.messages).toHaveLength(3)
})

test('A page that fails by a bug of the server is told, and what comes does not ask for it again and again', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  const timeline = client.openTimeline(direct)
  await settle()
  rig.routes.set(pages, () => {
    throw new ChatError('internal', 'The server has failed.')
  })
  for (let seqNo = 3; seqNo <= 33; seqNo++) {
    await rig.says({ type: 'resync' }, message(seqNo))
    await pass(1_000)
  }
  expect(timeline.error).toMatchObject({ code: 'internal' })
  expect(rig.requests.filter((request) => request.startsWith(pages))).toHaveLength(1)

  rig.routes.set(pages, pagesOf(33))
  await rig.cut()
  await pass(1_000)
  await rig.drained()
  expect(timeline.error).toBeUndefined()
  expect(timeline.messages).toHaveLength(33)
})

test.each([
  [400, 'bad_request'],
  [429, 'rate_limited'],
  [500, 'internal'],
  [503, 'unavailable'],
])('An answer %i that is not the server’s own is %s', async (status, code) => {
  const page = () => Promise.resolve(new Response('<html>No</html>', { status }))
  const client = await rig.online(undefined, (address, request) => (address.includes('/v1/devices') ? page() : rig.fetch(address, request)))

  await expect(client.getDevices()).rejects.toMatchObject({ code })
})

test('A server that knows less than it said is not asked for ever', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  rig.routes.set(pages, pagesOf(1))
  await rig.says({ type: 'advanced', conversationId: direct, maxSeqNo: 9 })
  client.openTimeline(direct)
  await pass(60_000)
  expect(rig.requests.filter((request) => request.startsWith(pages)).length).toBeLessThan(5)
})

test('Ticks do not wait for somebody who has left', async () => {
  const table = (...users: string[]) => ({ members: users.map((userId) => ({ userId, deliveredSeqNo: 0, readSeqNo: 0 })) })
  rig.routes.set(`GET /v1/conversations/${direct}/receipts`, () => table('alice', 'bob', 'carol'))
  const client = await rig.online()
  await rig.says(message(1, { senderId: 'alice' }))
  const timeline = client.openTimeline(direct)
  await settle()
  rig.routes.set(`GET /v1/conversations/${direct}/receipts`, () => table('alice', 'bob'))
  await rig.cut()
  await pass(1_000)
  await rig.drained()
  await rig.says({ type: 'ack', conversationId: direct, userId: 'bob', seqNo: 1, status: 'read' })
  expect(timeline.receiptOf(timeline.messages[0]!)).toBe('read')
})

test('A look at a name that is nobody’s leaves nothing', async () => {
  const client = await rig.online()
  client.openTimeline('dm:alice:bbo').close()
  const timeline = client.openTimeline(direct)
  await settle()
  expect(timeline.loading).toBe(false)
  expect(client.conversations).toEqual([])
})

test('A renewed token that cannot be stored is used, and renewed in its turn', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  vi.spyOn(store, 'write').mockRejectedValueOnce(new Error('broken'))
  await pass(720_000)
  expect(rig.sent('auth')).toEqual([{ type: 'auth', token: 'access-2' }])

  const presented: unknown[] = []
  const refresh = rig.routes.get('POST /v1/auth/refresh')!
  rig.routes.set('POST /v1/auth/refresh', (body, url) => {
    presented.push(body)
    return refresh(body, url)
  })
  await pass(720_000)
  expect(presented).toEqual([{ refreshToken: 'refresh-2' }])
  expect((await store.load()).session).toMatchObject({ refreshToken: 'refresh-3' })
  expect(client.session).toBeDefined()
})

test('A closed view asks for nothing, and says that there is nothing more', async () => {
  const client = await rig.online()
  rig.routes.set(pages, pagesOf(200))
  await rig.says(message(200))
  const timeline = client.openTimeline(direct)
  await settle()
  timeline.close()
  expect(timeline.hasOlder).toBe(false)
  const asked = rig.requests.length
  await timeline.loadDownTo(1)
  expect(rig.requests).toHaveLength(asked)
})

/** A store that its browser takes away and gives back empty. */
class LosableStore extends MemoryStore {
  private inner = new MemoryStore()
  private look = (): void => undefined
  override load = () => this.inner.load()
  override write = (...args: Parameters<MemoryStore['write']>) => this.inner.write(...args)
  override messages = (...args: Parameters<MemoryStore['messages']>) => this.inner.messages(...args)
  onReopened(look: () => void) {
    this.look = look
  }
  async reopen({ empty }: { empty: boolean }) {
    if (empty) this.inner = new MemoryStore()
    this.look()
    await settle()
  }
}

test('A store that is opened anew changes nothing while it holds what it held', async () => {
  const store = new LosableStore()
  const client = await rig.online(store)

  await store.reopen({ empty: false })

  expect(client.session?.userId).toBe('alice')
  expect(client.connection).toEqual({ status: 'online', caughtUp: true })
})

test('Where the data are gone one signs in again, and what was not sent goes out then', async () => {
  const store = new LosableStore()
  const client = await rig.online(store)
  await rig.says(message(1))
  await rig.cut()
  await client.send(direct, 'not sent yet')

  await store.reopen({ empty: true })
  expect(client.connection).toEqual({ status: 'signedOut', caughtUp: false, reason: 'lost' })
  expect(client.session).toBeUndefined()
  expect(client.conversations).toEqual([])
  expect(rig.requests.at(-1)).toBe('POST /v1/auth/logout')

  await client.signIn('alice', 'secret')
  await settle()
  await rig.drained()
  expect(rig.sent('message').map(({ text }) => text)).toEqual(['not sent yet'])
  expect((await store.load()).outbox.map(({ text }) => text)).toEqual(['not sent yet'])
})

test('Where the data are gone and somebody else signs in, what was not sent is not theirs', async () => {
  const store = new LosableStore()
  const client = await rig.online(store)
  await rig.cut()
  await client.send(direct, 'of alice')
  await store.reopen({ empty: true })

  await client.signIn('mallory', 'secret')
  await settle()
  await rig.drained()

  expect(rig.sent('message')).toEqual([])
  expect((await store.load()).outbox).toEqual([])
})

test('Whom one could see is forgotten with the session', async () => {
  const client = await rig.online()
  await rig.says({ type: 'presence', userId: 'bob', online: true })
  expect(client.presenceOf('bob')).toEqual({ online: true })

  await client.signOut()

  expect(client.presenceOf('bob')).toBeUndefined()
})
