import { beforeEach, expect, test, vi } from 'vitest'
import { OfflineStart, takeOverIfAlone } from './offline'

const home = 'http://localhost/'
const files = ['assets/page-1.js', 'theme.js']

/** A browser's caches, by name and address. */
class Caches {
  readonly all = new Map<string, Map<string, string>>()
  keys = async () => [...this.all.keys()]
  delete = async (name: string) => this.all.delete(name)
  open = async (name: string) => {
    const kept = this.all.get(name) ?? new Map<string, string>()
    this.all.set(name, kept)
    return {
      addAll: async (addresses: string[]) => void addresses.forEach(address => kept.set(address, 'stored')),
      match: async (address: string) => (kept.has(address) ? new Response(kept.get(address)) : undefined),
    }
  }
}

let caches: Caches
let server: ReturnType<typeof vi.fn>
let worker: OfflineStart
const request = (url: string, more = {}) => ({ url, method: 'GET', mode: 'cors' as RequestMode, ...more })
const navigate = (url: string) => request(url, { mode: 'navigate' })
const textOf = async (answer: Promise<Response> | undefined) => (await answer!).text()

beforeEach(async () => {
  caches = new Caches()
  server = vi.fn(async () => new Response('served'))
  worker = new OfflineStart(caches as never, server as never, '1', files)
  await worker.install()
})

test.each([
  request(`${home}v1/conversations`),
  navigate(`${home}docs`),
  navigate(`${home}v1/media/1`),
  request(`${home}assets/other.js`),
  request(`${home}hub/negotiate`, { method: 'POST' }),
  request(`${home}theme.js`, { method: 'POST' }),
])('%j is none of its business', asked => {
  expect(worker.answer(asked)).toBeUndefined()
})

test('the start is the server’s, and the stored one without the server, or where a proxy answers for it', async () => {
  expect(await textOf(worker.answer(navigate(`${home}?x=1#/c/a`)))).toBe('served')
  server.mockRejectedValue(new TypeError('offline'))
  expect(await textOf(worker.answer(navigate(home)))).toBe('stored')
  server.mockResolvedValue(new Response('Bad Gateway', { status: 502 }))
  expect(await textOf(worker.answer(navigate(home)))).toBe('stored')
  expect(await textOf(worker.answer(request(`${home}theme.js`)))).toBe('Bad Gateway')
})

test('a server that does not answer is not waited for', async () => {
  vi.useFakeTimers()
  server.mockReturnValue(new Promise(() => undefined))
  const answer = textOf(worker.answer(navigate(home)))
  await vi.advanceTimersByTimeAsync(4_000)
  expect(await answer).toBe('stored')
  vi.useRealTimers()
})

test('files whose name changes with their content come from the store', async () => {
  expect(await textOf(worker.answer(request(`${home}assets/page-1.js`)))).toBe('stored')
  expect(server).not.toHaveBeenCalled()
  // The browser has deleted it.
  caches.all.clear()
  expect(await textOf(worker.answer(request(`${home}assets/page-1.js`)))).toBe('served')
})

test('other versions are deleted when this one begins, and nothing else', async () => {
  for (const name of ['chat:files:0', 'chat:push', 'chat@/other/:files:0', 'foreign']) await caches.open(name)
  await worker.activate()
  expect([...caches.all.keys()].sort()).toEqual(['chat:files:1', 'chat:push', 'chat@/other/:files:0', 'foreign'])
})

test.each([
  [[`${home}#/`], true],
  [[`${home}#/`, `${home}#/settings`], false],
  [[`${home}#/`, 'http://elsewhere/'], true],
])('with %j open, a new version takes over: %s', async (urls, takesOver) => {
  const skipWaiting = vi.fn(() => Promise.resolve())
  await takeOverIfAlone({ clients: { matchAll: async () => urls.map(url => ({ url })) as never, openWindow: async () => null }, skipWaiting })
  expect(skipWaiting).toHaveBeenCalledTimes(takesOver ? 1 : 0)
})
