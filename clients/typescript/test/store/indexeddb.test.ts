import 'fake-indexeddb/auto'
import { forceCloseDatabase } from 'fake-indexeddb'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { IndexedDbStore } from '../../src/store/indexeddb.ts'
import { message, session, storeContract } from './contract.ts'

let names = 0
const open = () => IndexedDbStore.open(`test-${names}`)

storeContract(
  () => {
    names++
    return open()
  },
  async (store) => {
    await store.close()
    return open()
  },
)

test('What the version before has written is all there', async () => {
  names++
  const direct = 'dm:alice:bob'
  // As it lay in the database of version 1.
  const written = {
    meta: { session, owner: 'alice', deviceId: 'web-1', epoch: 'e1' },
    messages: [
      { messageId: 'm1', conversationId: direct, seqNo: 1, senderId: 'bob', text: 'one', timestamp: 1001 },
      { messageId: 'm2', conversationId: direct, seqNo: 2, senderId: 'alice', text: 'two', timestamp: 1002, clientMsgId: 'c2', replyTo: 'm1' },
    ],
    rows: [
      {
        id: direct, maxSeqNo: 2, readSeqNo: 1, readUnsent: true, unreadCount: 0, countedTo: 2, unreadCapped: false, activity: 1002, acked: 2, spans: [[1, 2]],
        lastMessage: { messageId: 'm2', conversationId: direct, seqNo: 2, senderId: 'alice', text: 'two', timestamp: 1002, clientMsgId: 'c2', replyTo: 'm1' },
        receipts: { bob: { delivered: 2, read: 1 } },
      },
    ],
    outbox: [
      { clientMsgId: 'c3', conversationId: direct, text: 'three', replyTo: 'm2', createdAt: 1003, order: 1, state: 'waiting' },
      { clientMsgId: 'c4', conversationId: direct, text: 'four', createdAt: 1004, order: 2, state: 'failed', error: { code: 'forbidden', message: 'No.' } },
    ],
  }
  await new Promise<void>((done) => {
    const opening = indexedDB.open(`test-${names}`, 1)
    opening.onupgradeneeded = () => {
      const db = opening.result
      const meta = db.createObjectStore('meta')
      for (const [key, value] of Object.entries(written.meta)) meta.put(value, key)
      const rows = db.createObjectStore('rows', { keyPath: 'id' })
      for (const row of written.rows) rows.put(row)
      const messages = db.createObjectStore('messages', { keyPath: ['conversationId', 'seqNo'] })
      for (const each of written.messages) messages.put(each)
      const outbox = db.createObjectStore('outbox', { keyPath: 'clientMsgId' })
      for (const item of written.outbox) outbox.put(item)
    }
    opening.onsuccess = () => {
      opening.result.close()
      done()
    }
  })

  const store = await open()

  const { spans, acked, countedTo, ...same } = written.rows[0]!
  const conversations = [{ ...same, complete: spans, ackedSeqNo: acked, countedSeqNo: countedTo }]
  expect(await store.load()).toEqual({ ...written.meta, conversations, outbox: written.outbox })
  expect(await store.messages(direct, 1, 9, 9)).toEqual(written.messages)
  await store.write([{ type: 'log', conversationId: direct, messages: [message(3)], complete: [3, 3] }])
  expect((await store.load()).conversations).toMatchObject([{ maxSeqNo: 3, complete: [[1, 3]], unreadCount: 1 }])
})

test('Where the version before may have missed changes, the messages are fetched again', async () => {
  names++
  const first = await open()
  await first.close()
  const row = (id: string, spans: [number, number][]) => ({
    id, maxSeqNo: 3, readSeqNo: 3, readUnsent: false, unreadCount: 0, countedTo: 3, unreadCapped: false, activity: 1, acked: 3, spans,
  })
  const opening = indexedDB.open(`test-${names}`)
  const db = await new Promise<IDBDatabase>((done) => (opening.onsuccess = () => done(opening.result)))
  const all = db.transaction(['meta', 'rows', 'messages', 'outbox'], 'readwrite')
  all.objectStore('meta').delete('hasChanges')
  // 3 is a hole, or a change; in the other there is none.
  all.objectStore('rows').put(row('dm:alice:bob', [[1, 3]]))
  all.objectStore('rows').put(row('dm:alice:carol', [[1, 1], [3, 3]]))
  for (const [seqNo, id] of [[1, 'dm:alice:bob'], [2, 'dm:alice:bob'], [1, 'dm:alice:carol'], [3, 'dm:alice:carol']] as const)
    all.objectStore('messages').put(message(seqNo, 'bob', id))
  all.objectStore('outbox').put({ clientMsgId: 'a', conversationId: 'dm:alice:bob', text: 'a', createdAt: 1, order: 1, state: 'waiting' })
  await new Promise((done) => (all.oncomplete = done))
  db.close()

  const store = await open()
  const { conversations, outbox } = await store.load()
  expect(conversations.map(({ id, complete, readSeqNo }) => [id, complete, readSeqNo])).toEqual([['dm:alice:bob', [], 3], ['dm:alice:carol', [[1, 1], [3, 3]], 3]])
  expect(await store.messages('dm:alice:bob', 1, 9, 9)).toEqual([])
  expect(await store.messages('dm:alice:carol', 1, 9, 9)).toHaveLength(2)
  expect(outbox).toHaveLength(1)

  // Holes of this version are none that it does not know.
  await store.write([{ type: 'log', conversationId: 'dm:alice:bob', messages: [message(1)], complete: [1, 3] }])
  await store.close()
  expect(await (await open()).messages('dm:alice:bob', 1, 9, 9)).toHaveLength(1)
})

test('Where the version before took notices for holes, the messages of the group are fetched again', async () => {
  names++
  const first = await open()
  await first.close()
  const row = (id: string, spans: [number, number][]) => ({
    id, maxSeqNo: 3, readSeqNo: 3, readUnsent: false, unreadCount: 0, countedTo: 3, unreadCapped: false, activity: 1, acked: 3, spans,
  })
  const opening = indexedDB.open(`test-${names}`)
  const db = await new Promise<IDBDatabase>((done) => (opening.onsuccess = () => done(opening.result)))
  const all = db.transaction(['meta', 'rows', 'messages', 'outbox'], 'readwrite')
  all.objectStore('meta').delete('hasNotices')
  // 3 is a hole, or in the group a notice; in the other there is none.
  all.objectStore('rows').put(row('dm:alice:bob', [[1, 3]]))
  all.objectStore('rows').put(row('g:1', [[1, 3]]))
  for (const [seqNo, id] of [[1, 'dm:alice:bob'], [2, 'dm:alice:bob'], [1, 'g:1'], [2, 'g:1']] as const)
    all.objectStore('messages').put(message(seqNo, 'bob', id))
  await new Promise((done) => (all.oncomplete = done))
  db.close()

  const store = await open()
  const { conversations } = await store.load()
  expect(conversations.map(({ id, complete }) => [id, complete])).toEqual([['dm:alice:bob', [[1, 3]]], ['g:1', []]])
  expect(await store.messages('g:1', 1, 9, 9)).toEqual([])
  expect(await store.messages('dm:alice:bob', 1, 9, 9)).toHaveLength(2)
})

describe('A connection that the browser ends', () => {
  const connections: IDBDatabase[] = []
  const really = indexedDB.open.bind(indexedDB)

  /** A new store with a session, whose connections are in the browser's hands. */
  async function watched() {
    names++
    connections.length = 0
    vi.spyOn(indexedDB, 'open').mockImplementation((...name) => {
      const opening = really(...name)
      opening.addEventListener('success', () => connections.push(opening.result))
      return opening
    })
    const store = await open()
    await store.write([{ type: 'signedIn', session }])
    return store
  }
  afterEach(() => vi.restoreAllMocks())

  const log = { type: 'log' as const, conversationId: 'dm:alice:bob', messages: [message(1)] }
  const seqNos = async (store: IndexedDbStore) => (await store.messages('dm:alice:bob', 1, 9, 9)).map(({ seqNo }) => seqNo)

  test('is opened anew, and told of', async () => {
    const store = await watched()
    const told = new Promise<void>((reopened) => store.onReopened(reopened))

    forceCloseDatabase(connections[0]! as never)
    await told

    expect((await store.load()).session).toEqual(session)
    await store.write([log])
    expect(await seqNos(store)).toEqual([1])
  })

  test('without a word: reads and writes are done on a new one', async () => {
    const store = await watched()

    connections[0]!.close()
    await store.write([log])
    connections[1]!.close()

    expect(await seqNos(store)).toEqual([1])
  })

  test('in the middle of a write: it is done once more, and whole', async () => {
    const store = await watched()
    const transaction = connections[0]!.transaction.bind(connections[0]!)
    connections[0]!.transaction = (...named) => {
      const begun = transaction(...named)
      queueMicrotask(() => begun.abort())
      return begun
    }

    await store.write([log])

    expect(connections).toHaveLength(2)
    expect(await seqNos(store)).toEqual([1])
  })

  test('with its data: it begins empty', async () => {
    const store = await watched()
    const told = new Promise<void>((reopened) => store.onReopened(reopened))

    await new Promise((done) => (indexedDB.deleteDatabase(`test-${names}`).onsuccess = done))
    await told

    expect(await store.load()).toMatchObject({ session: undefined, conversations: [], outbox: [] })
  })

  test('while a browser drops the data, ends again: it is tried until it holds', async () => {
    const store = await watched()
    const refuse = (...name: Parameters<typeof really>) => {
      const opening = really(...name)
      queueMicrotask(() => {
        Object.defineProperty(opening, 'error', { value: new DOMException('The connection was closed.', 'AbortError') })
        opening.onerror!(new Event('error'))
        opening.onsuccess = null
      })
      return opening
    }
    vi.mocked(indexedDB.open).mockImplementationOnce(refuse).mockImplementationOnce(refuse)
    const told = new Promise<void>((reopened) => store.onReopened(reopened))

    forceCloseDatabase(connections[0]! as never)
    await told

    expect((await store.load()).session).toEqual(session)
  })

  test('when it was closed on purpose stays closed', async () => {
    const store = await watched()

    await store.close()

    await expect(store.load()).rejects.toThrow()
    expect(connections).toHaveLength(1)
  })
})

describe('A browser that does not answer', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  test.each(['opening', 'the first read'])('is waited for 5 seconds: %s', async (silent) => {
    vi.useFakeTimers()
    const request = {} as IDBOpenDBRequest
    vi.spyOn(indexedDB, 'open').mockReturnValue(request)
    const refused = expect(IndexedDbStore.open('silent')).rejects.toMatchObject({ name: 'TimeoutError' })
    const db = { close: vi.fn(), transaction: () => ({ objectStore: () => ({ count: () => ({}) }) }) }
    if (silent === 'the first read') answer()

    await vi.advanceTimersByTimeAsync(5_000)

    await refused
    function answer() {
      Object.assign(request, { result: db })
      request.onsuccess!(new Event('success'))
    }
  })
})
