import { withRoutingHint } from '../caller.ts'
import type { AccessTokens } from '../connector.ts'
import type { MessageMedia } from '../content.ts'
import { ChatError } from '../errors.ts'
import type { UploadedMedia } from '../protocol.ts'
import { type Fetch, refusal } from '../restClient.ts'
import type { HttpRequest, SendBytes } from './uploadRequests.ts'

interface Request extends Partial<HttpRequest> {
  /** Refusals that are returned and not thrown. */
  readonly accept?: readonly number[]
  readonly onProgress?: (sent: number) => void
}

/** The calls whose bodies are bytes. All reject with ChatError, or with the reason of a signal that was aborted. */
export class MediaApi {
  private readonly base: string
  private readonly tokens: AccessTokens
  private readonly fetch: Fetch
  private readonly sendBytes: SendBytes

  /** @param url The server's address, with or without a slash at its end. */
  constructor(url: string, tokens: AccessTokens, fetch: Fetch, sendBytes: SendBytes) {
    this.base = url.replace(/\/$/, '')
    this.tokens = tokens
    this.fetch = fetch
    this.sendBytes = sendBytes
  }

  /** Sends bytes; for what is small, or shows its progress. */
  send(method: string, path: string, { headers = {}, body, signal, accept, onProgress }: Request = {}): Promise<Response> {
    return this.authorized(path, signal, accept, (address, authorization) =>
      this.sendBytes(address, { method, headers: { ...headers, ...authorization }, body, signal }, onProgress),
    )
  }

  /** Reads; an answer that does not change comes from the browser's cache. */
  read(path: string, signal?: AbortSignal): Promise<Response> {
    return this.authorized(path, signal, [], (address, headers) => this.fetch(address, { method: 'GET', headers, signal }))
  }

  async describe(mediaId: string, signal?: AbortSignal): Promise<MessageMedia> {
    return mediaOf(await json<UploadedMedia>(await this.send('GET', `${pathOf(mediaId)}/info`, { signal })))
  }

  /** @param address A path of the server, which behind a proxy may not know the whole of its own; or an address elsewhere. */
  absolute(address: string): string {
    return address.startsWith('/') ? this.base + address.slice(Math.max(0, address.indexOf('/v1/'))) : address
  }

  private async authorized(
    path: string,
    signal: AbortSignal | undefined,
    accept: readonly number[] = [],
    ask: (address: string, headers: Record<string, string>) => Promise<Response>,
  ): Promise<Response> {
    let caller = await this.tokens.fresh()
    for (let isLast = false; ; isLast = true) {
      let response: Response
      try {
        response = await ask(withRoutingHint(`${this.base}${path}`, caller), { Authorization: `Bearer ${caller.token}` })
      } catch {
        signal?.throwIfAborted()
        throw new ChatError('network', 'The server cannot be reached.')
      }
      if (response.ok || accept.includes(response.status)) return response
      if (response.status !== 401 || isLast) throw refusal(response, await response.text().catch(() => ''))
      caller = await this.tokens.renew(false)
    }
  }
}

export const pathOf = (mediaId: string) => `/v1/media/${encodeURIComponent(mediaId)}`

export async function json<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T
  } catch {
    // Not the server's answer, or cut off.
    throw new ChatError('network', 'The server cannot be reached.')
  }
}

/** As a message has it. */
export const mediaOf = ({ mediaUrl: _, thumbnailUrl, ...described }: UploadedMedia): MessageMedia => ({ ...described, thumbnail: thumbnailUrl !== undefined })
