import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../src/store/memory.ts'
import { direct, message, pass, Rig } from './rig.ts'

let rig: Rig
beforeEach(() => {
  vi.useFakeTimers()
  rig = new Rig()
})
afterEach(() => vi.useRealTimers())

const acks = () => rig.sent('ack').map(({ seqNo, status }) => `${status} ${seqNo}`)
/** The complete ranges of the conversation. */
const complete = async (store: MemoryStore) => (await store.load()).conversations[0]?.complete

test('What came is stored before it is acked, and a batch is acked once', async () => {
  const store = new MemoryStore()
  await rig.online(store)
  let release = (): void => undefined
  const write = store.write.bind(store)
  vi.spyOn(store, 'write').mockImplementationOnce(async (changes) => {
    await new Promise<void>((over) => (release = over))
    return write(changes)
  })

  await rig.says(message(1))
  await rig.says(message(2), message(3))
  expect(acks()).toEqual([])
  release()
  await pass(100)
  expect(acks()).toEqual(['delivered 1', 'delivered 3'])
})

test('The first of a conversation is acked at once, what follows close upon it together', async () => {
  await rig.online()
  const other = { conversationId: 'dm:alice:carol', messageId: 'c1' }
  await rig.says(message(1))
  await rig.says(message(2))
  await rig.says(message(1, other))
  await rig.says(message(3))
  const all = () => rig.sent('ack').map(({ conversationId, seqNo }) => `${conversationId} ${seqNo}`)
  expect(all()).toEqual([`${direct} 1`, 'dm:alice:carol 1'])

  await pass(100)
  expect(all().slice(2)).toEqual([`${direct} 3`])
  await rig.says(message(4))
  await pass(99)
  expect(all()).toHaveLength(3)
  await pass(1)
  expect(all().slice(3)).toEqual([`${direct} 4`])

  await pass(200)
  await rig.says(message(5))
  expect(all().slice(4)).toEqual([`${direct} 5`])
})

test('What waits to be acked is said when all has come, and before the client closes', async () => {
  const client = await rig.online()
  await rig.says(message(1))
  await rig.says(message(2))
  await rig.says({ type: 'caughtUp' })
  expect(acks()).toEqual(['delivered 1', 'delivered 2'])

  await rig.says(message(3))
  expect(acks()).toHaveLength(2)
  await client.close()
  expect(acks().slice(2)).toEqual(['delivered 3'])
})

test('Acks do not wait until the server has nothing left to push', async () => {
  await rig.online()
  for (let seqNo = 1; seqNo <= 33; seqNo++) await rig.says(message(seqNo))
  expect(acks()).toEqual(['delivered 1', 'delivered 33'])
})

test('What cannot be stored is not acked, until it can', async () => {
  const store = new MemoryStore()
  const client = await rig.online(store)
  await rig.says(message(1))
  await rig.cut()
  await pass(1_000)
  vi.spyOn(store, 'write').mockRejectedValueOnce(new Error('broken'))
  await rig.says(message(5))
  expect(acks()).toEqual([])
  expect(client.storageFailed).toBe(true)

  await pass(5_000)
  expect(acks()).toEqual(['delivered 5'])
  // The second attempt is no second message: it claims no more than the first.
  expect(await complete(store)).toEqual([[1, 1], [5, 5]])
  expect(client.storageFailed).toBe(false)
})

test('A full store makes room and goes on', async () => {
  const store = new MemoryStore()
  await rig.online(store)
  await rig.says(message(1))
  vi.spyOn(store, 'write').mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'))
  await rig.says(message(2))
  await pass(100)
  expect(acks()).toEqual(['delivered 1', 'delivered 2'])
  expect(await complete(store)).toEqual([[2, 2]])
})
