import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ChatClient } from '../src/client.ts'
import { IndexedDbStore } from '../src/store/indexeddb.ts'
import { MemoryStore } from '../src/store/memory.ts'
import type { ChatStore } from '../src/store/store.ts'
import { MediaServer, refused } from './mediaServer.ts'
import { ackOf, direct, message, Rig } from './rig.ts'

let rig: Rig
let server: MediaServer
let client: ChatClient
let store: ChatStore
beforeEach(async () => {
  rig = new Rig()
  server = new MediaServer(rig)
  store = new MemoryStore()
  await open()
})
afterEach(() => client.close())

async function open(): Promise<void> {
  client = await rig.open(store, server.fetch)
  if (!client.session) await client.signIn('alice', 'secret')
  await vi.waitFor(() => expect(rig.isOpen).toBe(true))
  await says({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e1' }, { type: 'caughtUp' })
}

/** Without the rig's fake time. */
async function says(...frames: Parameters<Rig['says']>): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'] })
  await rig.says(...frames)
  vi.useRealTimers()
}

const picture = (content = 'png') => ({ file: new File([content], 'cat.png', { type: 'image/png' }), width: 3, height: 2 })
const outgoing = () => client.findConversation(direct)?.outgoing ?? []
const sent = () => rig.sent('message').map(({ mediaIds, text }) => [text, mediaIds])
const held = () => {
  let free = (): void => undefined
  const until = new Promise<void>((over) => (free = over))
  server.before = async () => {
    await until
    return undefined
  }
  return () => {
    server.before = () => undefined
    free()
  }
}

test('A message waits for its files, and its ack shows them', async () => {
  const release = held()
  const { clientMsgId, files } = await client.send(direct, 'look', { files: [picture(), { file: new Blob(['ogg'], { type: 'audio/ogg' }), voice: true, waveform: [0, 300, 7.4], durationMs: 900 }] })
  expect(outgoing()).toMatchObject([{ state: 'uploading', text: 'look' }])
  expect(await (await client.outgoingFile(files![0]!.fileId))?.text()).toBe('png')
  expect(rig.sent('message')).toEqual([])

  release()
  await vi.waitFor(() => expect(sent()).toHaveLength(1))
  const [first, voice] = outgoing()[0]!.media!
  expect(sent()).toEqual([['look', [first!.mediaId, { mediaId: voice!.mediaId, voice: true, waveform: [0, 255, 7] }]]])

  const timeline = client.openTimeline(direct)
  await says(ackOf(clientMsgId, 1))
  expect(timeline.messages).toMatchObject([
    {
      text: 'look',
      media: [
        { mediaId: first!.mediaId, contentType: 'image/png', name: 'cat.png', size: 3, thumbnail: true },
        { mediaId: voice!.mediaId, contentType: 'audio/ogg', voice: true, durationMs: 900, waveform: [0, 255, 7] },
      ],
    },
  ])
  expect(timeline.messages[0]).not.toHaveProperty('files')
  await vi.waitFor(async () => expect(await store.files.keys()).toEqual([]))
})

test('A text passes a message that waits for its files', async () => {
  const release = held()
  await client.send(direct, '', { files: [picture()] })
  const { clientMsgId } = await client.send(direct, 'first')
  await vi.waitFor(() => expect(sent()).toEqual([['first', undefined]]))
  await says(ackOf(clientMsgId, 1))
  release()
  await vi.waitFor(() => expect(sent()).toEqual([['first', undefined], ['', ['media-1']]]))
})

test('Its files outlive the page', async () => {
  const name = `files-${Math.random()}`
  await client.close()
  store = await IndexedDbStore.open(name)
  await open()
  server.before = (_, request) => (request.signal?.aborted ? undefined : Promise.reject(new TypeError('No network.')))
  await client.send(direct, 'later', { files: [picture('the bytes')] })
  await client.close()

  server.before = () => undefined
  store = await IndexedDbStore.open(name)
  await open()
  await vi.waitFor(() => expect(sent()).toEqual([['later', ['media-1']]]))
  expect(await server.contentOf('media-1')).toBe('the bytes')
})

test('A file that is refused marks the message, which is tried again or discarded with its files', async () => {
  server.before = () => refused(413, 'quota_exceeded')
  const { clientMsgId } = await client.send(direct, '', { files: [picture()] })
  await vi.waitFor(() => expect(outgoing()).toMatchObject([{ state: 'failed', error: { code: 'quota_exceeded' } }]))

  await client.retry(clientMsgId)
  await vi.waitFor(() => expect(server.calls).toHaveLength(2))
  await vi.waitFor(() => expect(outgoing()).toMatchObject([{ state: 'failed' }]))
  server.before = () => undefined
  await client.retry(clientMsgId)
  await vi.waitFor(() => expect(sent()).toEqual([['', ['media-1']]]))

  await client.discard(clientMsgId)
  await vi.waitFor(async () => expect(await store.files.keys()).toEqual([]))
  expect(outgoing()).toEqual([])
})

test('A message discarded under way ends its upload, here and on the server', async () => {
  const { clientMsgId } = await new Promise<{ clientMsgId: string }>((reached) => {
    server.before = async (call, request) => {
      if (!call.startsWith('PATCH')) return undefined
      reached(outgoing()[0]!)
      return new Promise((_, failed) => request.signal!.addEventListener('abort', () => failed(request.signal!.reason as Error)))
    }
    void client.send(direct, '', { files: [picture('x'.repeat(600_000))] })
  })
  await client.discard(clientMsgId)
  await vi.waitFor(() => expect(server.calls.at(-1)).toBe('DELETE /v1/media/tus/u1'))
  await vi.waitFor(async () => expect(await store.files.keys()).toEqual([]))
  expect(server.uploads.size).toBe(0)
  expect(outgoing()).toEqual([])
})

test('What the server has collected meanwhile is uploaded again', async () => {
  const { clientMsgId } = await client.send(direct, '', { files: [picture()] })
  await vi.waitFor(() => expect(sent()).toHaveLength(1))
  await says({ type: 'error', code: 'not_found', message: 'No such file.', clientMsgId })
  expect(outgoing()).toMatchObject([{ state: 'failed' }])
  await client.retry(clientMsgId)
  await vi.waitFor(() => expect(sent()).toEqual([['', ['media-1']], ['', ['media-2']]]))
})

test('A message is passed on by naming its media', async () => {
  const media = [{ mediaId: 'm', contentType: 'image/png', size: 3 }]
  await says(message(1, { text: '', media }))
  const timeline = client.openTimeline(direct)
  await vi.waitFor(() => expect(timeline.messages).toHaveLength(1))
  await client.send('@carol', timeline.messages[0]!)
  expect(rig.sent('message')).toMatchObject([{ to: 'dm:alice:carol', text: '', mediaIds: ['m'] }])
  expect(rig.sent('message')[0]).not.toHaveProperty('media')
})

test('What cannot be sent leaves no file', async () => {
  await expect(client.send(direct, '', { files: Array.from({ length: 11 }, () => picture()) })).rejects.toMatchObject({ code: 'too_large' })
  vi.spyOn(store, 'write').mockRejectedValueOnce(new Error('full'))
  await expect(client.send(direct, '', { files: [picture()] })).rejects.toMatchObject({ code: 'storage' })
  expect(await store.files.keys()).toEqual([])
  vi.spyOn(store.files, 'put').mockRejectedValueOnce(new Error('full'))
  await expect(client.send(direct, '', { files: [picture()] })).rejects.toMatchObject({ code: 'storage' })
  expect(outgoing()).toEqual([])
})

test('Progress is told, and a server that is away is asked again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  server.before = () => refused(503, 'unavailable', { headers: { 'Retry-After': '1' } })
  const { files } = await client.send(direct, '', { files: [picture()] })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(outgoing()).toMatchObject([{ state: 'uploading' }])
  server.before = () => undefined
  await vi.advanceTimersByTimeAsync(10_000)
  vi.useRealTimers()
  await vi.waitFor(() => expect(sent()).toEqual([['', ['media-1']]]))
  expect(client.uploadedOf(files![0]!.fileId)).toBe(3)
})
