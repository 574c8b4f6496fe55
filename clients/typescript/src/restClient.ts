import { type Caller, withRoutingHint } from './caller.ts'
import { ChatError } from './errors.ts'
import type { ErrorCode } from './protocol.ts'

/** How long an answer may take, ms. */
const timeout = 20_000

export type Fetch = (address: string, request: RequestInit) => Promise<Response>

/** REST calls: JSON in and out; a refusal is a ChatError, no answer is `network`. */
export class RestClient {
  private readonly base: string
  private readonly fetch: Fetch

  /** @param url The server's address, with or without a slash at its end. */
  constructor(url: string, fetch: Fetch) {
    this.base = url.replace(/\/$/, '')
    this.fetch = fetch
  }

  async call<T>(method: string, path: string, caller: Caller, body?: unknown): Promise<T> {
    const headers: Record<string, string> = {}
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (caller.token !== undefined) headers['Authorization'] = `Bearer ${caller.token}`
    let response: Response
    let text: string
    try {
      const signal = AbortSignal.timeout(timeout)
      response = await this.fetch(withRoutingHint(`${this.base}${path}`, caller), { method, headers, body: JSON.stringify(body), signal, cache: 'no-store' })
      text = await response.text()
    } catch {
      throw new ChatError('network', 'The server cannot be reached.')
    }
    if (!response.ok) throw refusal(response, text)
    if (text === '') return undefined as T
    try {
      return JSON.parse(text) as T
    } catch {
      // Not the server's answer: a network's sign-in page.
      throw new ChatError('network', 'The server cannot be reached.')
    }
  }
}

/** What an answer that is no success says. */
export function refusal(response: Response, text: string): ChatError {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN)
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined
  try {
    const problem = JSON.parse(text) as { code?: ErrorCode; title?: string }
    if (problem.code) return new ChatError(problem.code, problem.title ?? problem.code, retryAfterMs)
  } catch {
    // Not the server's answer: a proxy's page.
  }
  return new ChatError(codeOf(response.status), `The server answered ${response.status}.`, retryAfterMs)
}

/** For an answer that is not the server's own. It never says that a session or a group is gone: only the server can know that. */
const codeOf = (status: number): ErrorCode =>
  status === 429 ? 'rate_limited' : status === 413 ? 'too_large' : status < 500 ? 'bad_request' : status === 500 ? 'internal' : 'unavailable'
