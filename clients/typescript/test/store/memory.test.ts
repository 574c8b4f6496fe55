import { expect, test } from 'vitest'
import { MemoryStore } from '../../src/store/memory.ts'
import { message, storeContract } from './contract.ts'

storeContract(() => Promise.resolve(new MemoryStore()))

test('Of a long conversation the newest messages are kept, and the rest is known to be missing', async () => {
  const store = new MemoryStore({ keep: 10 })
  for (let seqNo = 1; seqNo <= 50; seqNo++)
    await store.write([{ type: 'log', conversationId: 'dm:alice:bob', messages: [message(seqNo)], complete: [1, seqNo] }])

  const [row] = (await store.load()).conversations
  const kept = await store.messages('dm:alice:bob', 1, 50, 100)
  expect(kept.length).toBeLessThanOrEqual(11)
  expect(row?.complete).toEqual([[kept[0]!.seqNo, 50]])
})
