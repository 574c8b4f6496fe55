import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatClient } from '../src/client.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { MediaServer, refused } from './mediaServer.ts'
import { Rig } from './rig.ts'

let rig: Rig
let server: MediaServer
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  rig = new Rig()
  server = new MediaServer(rig)
})
afterEach(() => vi.useRealTimers())

/** Letters of which each place is known: a mistake by one byte shows. */
const text = (length: number) => Array.from({ length }, (_, at) => String.fromCharCode(97 + ((at * 7 + Math.floor(at / 26)) % 26))).join('')
const large = text(700_000)
const file = (content: string, name = 'notes.txt') => new File([content], name, { type: 'text/plain', lastModified: 5 })
const of = (kind: string) => server.calls.filter((call) => call.startsWith(kind))
const withPauses = async <T>(work: Promise<T>): Promise<T> => {
  let done = false
  const ended = work.finally(() => (done = true))
  ended.catch(() => undefined)
  while (!done) await vi.advanceTimersByTimeAsync(1_000)
  return ended
}
const online = async (store?: MemoryStore): Promise<ChatClient> => rig.online(store, server.fetch)

test('A small file goes in one request, with its name', async () => {
  const client = await online()
  const told: number[] = []
  const media = await client.upload(file('hello', 'Grüße (1).txt'), { onProgress: (sent, total) => told.push(sent / total) })

  expect(server.calls).toEqual(['POST /v1/media/upload'])
  expect(media).toEqual({ mediaId: 'media-1', contentType: 'text/plain', size: 5, name: 'Grüße (1).txt', thumbnail: false })
  expect(await server.contentOf('media-1')).toBe('hello')
  expect(told).toEqual([1])
})

test('An upload whose answer was lost is repeated as the same one', async () => {
  let lost = false
  const client = await rig.online(undefined, async (address, request) => {
    const response = await server.fetch(address, request)
    if (lost || !address.includes('/v1/media/upload')) return response
    lost = true
    throw new TypeError('The network is gone.')
  })
  await withPauses(client.upload(file('hello')))

  expect(of('POST')).toHaveLength(2)
  expect(server.media.size).toBe(1)
})

test('A large file is resumable: cut anywhere it goes on where it was, and arrives whole', async () => {
  const client = await online()
  server.cutAfter = 123_457
  const told: number[] = []
  const upload = client.upload(file(large), { onProgress: (sent) => told.push(sent) })
  const media = await withPauses(upload)

  expect(of('POST')).toEqual(['POST /v1/media/tus'])
  expect(of('PATCH').length).toBe(6)
  expect(of('HEAD').length).toBe(5)
  expect(await server.contentOf(media.mediaId)).toBe(large)
  expect(told.at(-1)).toBe(large.length)
  // Behind a proxy the server's own address is not the client's.
  expect(server.uploads.get('u1')!.metadata).toBe(`filename ${btoa('notes.txt')},filetype ${btoa('text/plain')}`)
})

test('It goes on after a reload, with the same file', async () => {
  const store = new MemoryStore()
  let client = await online(store)
  server.cutAfter = 100_000
  const ending = new AbortController()
  const first = client.upload(file(large), { signal: ending.signal })
  first.catch(() => undefined)
  await vi.waitFor(() => expect(of('PATCH')).toHaveLength(1))
  ending.abort()
  await expect(first).rejects.toMatchObject({ name: 'AbortError' })
  await client.close()
  server.cutAfter = undefined

  client = await rig.open(store, server.fetch)
  const media = await withPauses(client.upload(file(large)))
  expect(of('POST')).toHaveLength(1)
  expect(await server.contentOf(media.mediaId)).toBe(large)
  expect(await store.files.keys()).toEqual([])
})

test('An upload that the server has forgotten begins anew', async () => {
  const client = await online()
  server.cutAfter = 100_000
  const upload = client.upload(file(large))
  await vi.waitFor(() => expect(of('PATCH')).toHaveLength(1))
  server.uploads.delete('u1')
  server.cutAfter = undefined
  server.uploads.set('other', { length: 1, bytes: new Uint8Array(), metadata: '' })

  const media = await withPauses(upload)
  expect(of('POST')).toHaveLength(2)
  expect(await server.contentOf(media.mediaId)).toBe(large)
})

test('Where there is no tus it goes in one request', async () => {
  server.hasTus = false
  const client = await online()
  const media = await client.upload(file(large))
  await client.upload(file(`${large}!`))

  expect(server.calls).toEqual(['POST /v1/media/tus', 'POST /v1/media/upload', 'POST /v1/media/upload'])
  expect(await server.contentOf(media.mediaId)).toBe(large)
})

test.each([
  [413, 'too_large'],
  [413, 'quota_exceeded'],
  [400, 'bad_request'],
])('A refusal for good (%i) says why: %s', async (status, code) => {
  const client = await online()
  server.before = () => refused(status, code)
  await expect(client.upload(file('hello'))).rejects.toMatchObject({ code })
  await expect(client.upload(file(large))).rejects.toMatchObject({ code })
  expect(server.calls).toHaveLength(2)
})

test('A proxy’s 413 is too_large, too', async () => {
  const client = await online()
  server.before = () => new Response('<html>', { status: 413 })
  await expect(client.upload(file('hello'))).rejects.toMatchObject({ code: 'too_large' })
})

test('Refused for now it is tried again, as late as the server says, and at last given up', async () => {
  const client = await online()
  server.before = () => refused(503, 'unavailable', { headers: { 'Retry-After': '7' } })
  const upload = client.upload(file('hello'))
  upload.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(6_000)
  expect(server.calls).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(server.calls).toHaveLength(2)
  await expect(withPauses(upload)).rejects.toMatchObject({ code: 'unavailable' })
  expect(server.calls).toHaveLength(5)
})

test('A token that was refused is renewed', async () => {
  const client = await online()
  const seen: (string | null)[] = []
  server.before = (_, request) => {
    seen.push(new Headers(request.headers).get('Authorization'))
    return seen.length === 1 ? refused(401, 'token_expired') : undefined
  }
  await client.upload(file('hello'))
  expect(seen).toEqual(['Bearer access-1', 'Bearer access-2'])
})

test('A signed address is remembered while it holds, and asked for once', async () => {
  const client = await online()
  const { mediaId } = await client.upload(file('hello'))
  const [one, other] = await Promise.all([client.mediaUrl(mediaId), client.mediaUrl(mediaId)])
  expect(one).toMatch(/^http:\/\/server\/v1\/media\/media-1\?signature=/)
  expect(other).toBe(one)
  vi.setSystemTime(Date.now() + 830_000)
  expect(await client.mediaUrl(mediaId)).toBe(one)
  vi.setSystemTime(Date.now() + 20_000)
  expect(await client.mediaUrl(mediaId)).not.toBe(one)
  expect(of('GET')).toHaveLength(2)
})

test('A signed address is one of the server’s as the client reaches it, also below a path', async () => {
  const client = await ChatClient.open({ url: 'http://proxy/chat/', connect: rig.connect, store: new MemoryStore(), fetch: (address, request) => server.fetch(address.replace('http://proxy/chat', 'http://server'), request) })
  await client.signIn('alice', 'secret')
  const { mediaId } = await client.upload(file('hello'))
  expect(await client.mediaUrl(mediaId)).toMatch(/^http:\/\/proxy\/chat\/v1\/media\/media-1\?signature=/)

  server.before = (call) => (call.endsWith('/url') ? Response.json({ url: '/inside/v1/media/x?signature=1', expiresAt: Date.now() + 900_000 }) : undefined)
  expect(await client.mediaUrl('x')).toBe('http://proxy/chat/v1/media/x?signature=1')
  server.before = (call) => (call.endsWith('/url') ? Response.json({ url: 'https://cdn.example.org/v1/y', expiresAt: Date.now() + 900_000 }) : undefined)
  expect(await client.mediaUrl('y')).toBe('https://cdn.example.org/v1/y')
  await client.close()
})

test('A thumbnail is read once, and the larger one serves for the smaller', async () => {
  const client = await online()
  const { mediaId } = await client.upload(new File(['png'], 'a.png', { type: 'image/png' }))
  expect(await (await client.thumbnail(mediaId, 500)).text()).toBe('png')
  await Promise.all([client.thumbnail(mediaId, 640), client.thumbnail(mediaId, 100)])
  await client.thumbnail(mediaId, 5_000)
  expect(of('GET')).toEqual([`GET /v1/media/${mediaId}/thumbnail?w=640`, `GET /v1/media/${mediaId}/thumbnail?w=1280`])
})

test('What a session has read is not there for the next one', async () => {
  const client = await online()
  const { mediaId } = await client.upload(new File(['png'], 'a.png', { type: 'image/png' }))
  await client.download(mediaId)
  await client.download(mediaId)
  expect(of('GET')).toHaveLength(1)
  await client.signOut()
  await client.signIn('alice', 'secret')
  await client.download(mediaId)
  expect(of('GET')).toHaveLength(2)
})
