import { describe, expect, test } from 'vitest'
import { segmentsOf } from './segments'
import { messages, upTo } from './testing'

const day = 86_400_000
const runs = (...args: Parameters<typeof segmentsOf>) =>
  segmentsOf(...args).flatMap(segment => segment.lines.map(line => ('notice' in line ? `(${line.notice.seqNo})` : `${line.startsRun ? '|' : ''}${line.message.seqNo}`))).join(' ')

describe('segments', () => {
  test('the first message ever stands under its day', () => {
    const [segment] = segmentsOf(messages([1]), [], undefined, undefined)

    expect(segment).toMatchObject({ day: messages([1])[0]!.timestamp, unread: false })
  })

  test('a day that goes on from the message before gets no second mark', () => {
    const [segment] = segmentsOf(messages([2]), [], messages([1])[0], undefined)

    expect(segment!.day).toBeUndefined()
  })

  test('midnight begins a new segment', () => {
    const [today, tomorrow] = [messages([1, 2]), messages([3]).map(message => ({ ...message, timestamp: message.timestamp + day }))]

    const segments = segmentsOf([...today, ...tomorrow], [], undefined, undefined)

    expect(segments.map(segment => segment.lines.length)).toEqual([2, 1])
    expect(segments[1]!.day).toBe(tomorrow[0]!.timestamp)
  })

  test('a run is of one sender, without long pauses', () => {
    const list = messages(upTo(6))
    list[2] = { ...list[2]!, senderId: 'b' }
    for (const at of [4, 5]) list[at] = { ...list[at]!, timestamp: list[at]!.timestamp + 10 * 60_000 }

    expect(runs(list, [], undefined, undefined)).toBe('|1 2 |3 |4 |5 6')
  })

  test('a run goes on over the edge of a block', () => {
    expect(runs(messages([2, 3]), [], messages([1])[0], undefined)).toBe('2 3')
  })

  test('notices stand between the messages, and end a run', () => {
    const notice = (seqNo: number) => ({ ...messages([seqNo])[0]!, what: 'left' as const })

    expect(runs(messages([2, 3, 5, 6]), [], notice(1), undefined, [notice(4), notice(7)])).toBe('|2 3 (4) |5 6 (7)')
    expect(runs([], [], undefined, undefined, [notice(1)])).toBe('(1)')
    expect(segmentsOf([], [], undefined, undefined, [notice(1)])[0]!.day).toBe(notice(1).timestamp)
  })

  test('the divider begins a segment and a run', () => {
    const segments = segmentsOf(messages(upTo(4)), [], undefined, 3)

    expect(segments.map(segment => segment.unread)).toEqual([false, true])
    expect(runs(messages(upTo(4)), [], undefined, 3)).toBe('|1 2 |3 4')
  })

  test('segments keep their keys when older messages of the day come in front', () => {
    const keys = (from: number) => segmentsOf(messages(upTo(10, from)), [], undefined, 8).map(segment => segment.key)

    expect(keys(1)).toEqual(keys(5))
    expect(new Set(keys(1)).size).toBe(2)
  })
})
