import { describe, expect, test } from 'vitest'
import { Blocks, blockSize } from './blocks'
import { messages, upTo } from './testing'

describe('blocks', () => {
  test('hold every message once and in order', () => {
    const all = messages(upTo(10 * blockSize))

    const blocks = new Blocks().update(all)

    expect(blocks.flatMap(block => block.messages)).toEqual(all)
  })

  test('a new message changes the last block alone', () => {
    const blocks = new Blocks()
    const all = messages(upTo(4 * blockSize + 10))
    const before = blocks.update(all)

    const after = blocks.update([...all, ...messages([4 * blockSize + 11])])

    expect(after.filter((block, at) => block !== before[at])).toEqual([after.at(-1)])
  })

  test('a message that changed changes its block, and the blocks of those that answer it', () => {
    const blocks = new Blocks()
    const all = messages(upTo(4 * blockSize))
    all[3 * blockSize] = { ...all[3 * blockSize]!, replyTo: 'm5' }
    const before = blocks.update(all)

    const after = blocks.update(all.map(message => (message.seqNo === 5 ? { ...message, text: 'other', changedSeqNo: 999 } : message)))

    expect(after.flatMap((block, at) => (block === before[at] ? [] : at))).toEqual([0, 3])
    expect(after[3]!.originals.find(Boolean)).toMatchObject({ text: 'other' })
  })

  test('a message that is gone is quoted no longer', () => {
    const blocks = new Blocks()
    const all = messages(upTo(4 * blockSize))
    all[3 * blockSize] = { ...all[3 * blockSize]!, replyTo: 'm5' }
    expect(blocks.update(all)[3]!.originals.filter(Boolean)).toHaveLength(1)

    const after = blocks.update(all.filter(({ seqNo }) => seqNo !== 5))

    expect(after[3]!.originals.filter(Boolean)).toEqual([])
    expect(blocks.find('m5')).toBeUndefined()
  })

  test('older messages change the block that they complete, and leave those above it', () => {
    const blocks = new Blocks()
    const all = messages(upTo(4 * blockSize))
    const before = blocks.update(all.slice(blockSize + 20))

    const after = blocks.update(all)

    expect(after.slice(-2)).toEqual(before.slice(-2))
    expect(after.at(-2)).toBe(before.at(-2))
    expect(after.at(-1)).toBe(before.at(-1))
  })

  test('a block knows the message before its first one', () => {
    const blocks = new Blocks().update(messages(upTo(2 * blockSize)))

    expect(blocks[1]!.before?.seqNo).toBe(blockSize - 1)
  })

  test('notices are in the blocks of their seqNos, also where there is no message', () => {
    const blocks = new Blocks()
    const notice = (seqNo: number) => ({ ...messages([seqNo])[0]!, what: 'left' as const })
    const notices = [1, 60, 170].map(notice)
    const before = blocks.update(messages([2, 51]), notices)

    expect(before.map(({ key, messages, notices, before }) => [key, messages.length, notices.length, before?.seqNo])).toEqual([[0, 1, 1, undefined], [1, 1, 1, 2], [3, 0, 1, 60]])
    const after = blocks.update(messages([2, 51]), [...notices, notice(171)])
    expect(after.map((block, at) => block.key === before[at]!.key && block.notices.length)).toEqual([1, 1, 2])
  })

  test('a reply finds its original once that is loaded, in whatever block', () => {
    const blocks = new Blocks()
    const all = messages(upTo(3 * blockSize))
    all.push({ ...messages([3 * blockSize + 1])[0]!, replyTo: 'm5' })

    const before = blocks.update(all.slice(blockSize))
    const after = blocks.update(all)

    expect(before.at(-1)!.originals.at(-1)).toBeUndefined()
    expect(after.at(-1)!.originals.at(-1)?.seqNo).toBe(5)
  })

  test('a gap that closes inside a block changes it', () => {
    const blocks = new Blocks()
    const all = messages(upTo(20))
    const [before] = blocks.update(all.filter(message => message.seqNo !== 7))

    const [after] = blocks.update(all)

    expect(after).not.toBe(before)
    expect(after!.messages).toEqual(all)
  })
})
