import { home, installation } from '../ui/installation'
import type { FetchLike, WorkerScope } from './scope'

const prefix = `${installation}:files:`
/** If the server does not answer the page's start within this, the stored page starts, ms. */
const patience = 4_000

/**
 * The built files of one version, so that the page starts without the server. Everything else goes to the network as if there were no worker, all of
 * `/v1` too.
 */
export class OfflineStart {
  private readonly caches: CacheStorage
  private readonly fetch: (address: string | FetchLike['request']) => Promise<Response>
  private readonly files: ReadonlySet<string>
  private readonly name: string

  /**
   * @param version Another one with each build.
   * @param files Names of the built files, in the page's folder.
   */
  constructor(caches: CacheStorage, fetch: (address: string | FetchLike['request']) => Promise<Response>, version: string, files: readonly string[]) {
    this.caches = caches
    this.fetch = fetch
    this.files = new Set(files.map(name => new URL(name, home).href))
    this.name = prefix + version
  }

  /** Stores all files or none: then the worker of the version before stays. */
  async install(): Promise<void> {
    await (await this.caches.open(this.name)).addAll([home.href, ...this.files])
  }

  /** Deletes the files of other versions. The worker becomes active when no page of theirs is open. */
  async activate(): Promise<void> {
    const old = (await this.caches.keys()).filter(name => name.startsWith(prefix) && name !== this.name)
    await Promise.all(old.map(name => this.caches.delete(name)))
  }

  /** @returns Undefined for what is none of the worker's business. */
  answer(request: FetchLike['request']): Promise<Response> | undefined {
    if (request.method !== 'GET') return undefined
    const address = request.url.replace(/#.*$/, '')
    if (request.mode === 'navigate') return address.replace(/\?.*$/, '') === home.href ? this.start(request) : undefined
    // Their names change with their content, but for a few in the page's folder, which may be newer on the server.
    return this.files.has(address) ? (address.startsWith(`${home.href}assets/`) ? this.storedFirst(request) : this.newest(request, address)) : undefined
  }

  /** The server's page, which is the newest. Without the server, the stored one. */
  private async start(request: FetchLike['request']): Promise<Response> {
    let over: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<undefined>(done => (over = setTimeout(() => done(undefined), patience)))
    const asked = this.fetch(request)
    const answer = await Promise.race([asked.catch(() => undefined), late]).finally(() => clearTimeout(over))
    // A proxy says with 5xx that there is no server behind it.
    if (answer && answer.status < 500) return answer
    return (await this.stored(home.href)) ?? asked
  }

  private async storedFirst(request: FetchLike['request']): Promise<Response> {
    return (await this.stored(request.url)) ?? this.fetch(request)
  }

  private async newest(request: FetchLike['request'], address: string): Promise<Response> {
    try {
      return await this.fetch(request)
    } catch (error) {
      const stored = await this.stored(address)
      if (stored) return stored
      throw error
    }
  }

  private async stored(address: string): Promise<Response | undefined> {
    // What a cache says of the encoding must not decide.
    return (await this.caches.open(this.name)).match(address, { ignoreVary: true, ignoreSearch: true })
  }
}

/** A page has started, so nothing of an old version is open but perhaps in other windows: with none, this waiting worker takes over. */
export async function takeOverIfAlone(scope: Pick<WorkerScope, 'clients' | 'skipWaiting'>): Promise<void> {
  const open = (await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })).filter(({ url }) => url.startsWith(home.href))
  if (open.length <= 1) await scope.skipWaiting()
}
