import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../src/errors.ts'
import type { ServerFrame } from '../src/protocol.ts'
import type { CloseReason, Transport, TransportEvents } from '../src/transport/transport.ts'
import { firstFrameTimeout, withFallbacks, type TransportOption, TransportBlocked } from '../src/transport/fallback.ts'

const welcome: ServerFrame = { type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e' }
const alice = { userId: 'alice', token: 't' }
const tried: string[] = []

beforeEach(() => {
  vi.useFakeTimers()
  tried.length = 0
})
afterEach(() => vi.useRealTimers())

function silent(name: string) {
  const it = { name, closed: false, given: undefined as AbortSignal | undefined, events: undefined as TransportEvents | undefined }
  const transport: Transport = { send: () => undefined, probe: () => Promise.resolve(), close: () => void (it.closed = true) }
  const way: TransportOption = (_url, _caller, events, given) => {
    tried.push(name)
    Object.assign(it, { events, given })
    return Promise.resolve(transport)
  }
  return { ...it, it, way, transport }
}

const refusing = (name: string, error: unknown): TransportOption => () => {
  tried.push(name)
  return Promise.reject(error)
}

const frames: ServerFrame[] = []
const ends: CloseReason[] = []
const events: TransportEvents = { frame: (frame) => void frames.push(frame), closed: (reason) => void ends.push(reason) }
beforeEach(() => void (frames.length = ends.length = 0))

test('A way that is closed is followed by the next', async () => {
  const good = silent('sse')
  const opening = withFallbacks(refusing('socket', new TransportBlocked('no')), good.way, silent('polling').way)('http://server', alice, events)
  await vi.advanceTimersByTimeAsync(0)
  good.it.events!.frame(welcome)
  expect(await opening).toBe(good.transport)
  expect(tried).toEqual(['socket', 'sse'])
  expect(frames).toEqual([welcome])
})

test('One that opens and brings nothing is given up for the next, and what it brings later is not heard', async () => {
  const held = silent('sse')
  const last = silent('polling')
  const opening = withFallbacks(held.way, last.way)('http://server', alice, events)
  await vi.advanceTimersByTimeAsync(firstFrameTimeout - 1)
  expect(tried).toEqual(['sse'])
  await vi.advanceTimersByTimeAsync(1)
  expect(tried).toEqual(['sse', 'polling'])
  expect(held.it.closed).toBe(true)
  expect(held.it.given!.aborted).toBe(true)
  held.it.events!.frame(welcome)
  held.it.events!.closed('replaced')
  expect([frames, ends]).toEqual([[], []])
  last.it.events!.frame(welcome)
  expect(await opening).toBe(last.transport)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(last.it.closed).toBe(false)
})

test('One that never opens is given up, too', async () => {
  const last = silent('polling')
  const never: TransportOption = () => new Promise(() => undefined)
  void withFallbacks(never, last.way)('http://server', alice, events)
  await vi.advanceTimersByTimeAsync(firstFrameTimeout)
  expect(tried).toEqual(['polling'])
})

test('What the server itself refuses is not tried in another way', async () => {
  for (const error of [new ChatError('unauthenticated', 'no'), new Error('no server')]) {
    tried.length = 0
    await expect(withFallbacks(refusing('socket', error), silent('sse').way)('http://server', alice, events)).rejects.toBe(error)
    expect(tried).toEqual(['socket'])
  }
})

test('An end that says why is the end of the connection, and one that does not is a closed way', async () => {
  const replaced = silent('socket')
  const opening = withFallbacks(replaced.way, silent('sse').way)('http://server', alice, events)
  await vi.advanceTimersByTimeAsync(0)
  replaced.it.events!.closed('replaced')
  expect(await opening).toBe(replaced.transport)
  expect(ends).toEqual(['replaced'])

  const [cut, next] = [silent('socket'), silent('sse')]
  const other = withFallbacks(cut.way, next.way)('http://server', alice, events)
  await vi.advanceTimersByTimeAsync(0)
  cut.it.events!.closed('lost')
  await vi.advanceTimersByTimeAsync(0)
  next.it.events!.frame(welcome)
  expect(await other).toBe(next.transport)
})
