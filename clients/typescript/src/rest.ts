import { ChatError } from './errors.ts'
import type { ErrorCode } from './protocol.ts'

/** How long an answer is waited for, ms. */
const patience = 20_000

export type Fetch = (address: string, request: RequestInit) => Promise<Response>

/** The REST door: JSON in and out, refusals as ChatError, no answer as `network`. */
export class Rest {
  private readonly base: string
  private readonly fetch: Fetch

  /** @param url The server's address, with or without a slash at its end. */
  constructor(url: string, fetch: Fetch) {
    this.base = url.replace(/\/$/, '')
    this.fetch = fetch
  }

  /** @param token Sent as bearer; undefined for the calls that need none. */
  async call<T>(method: string, path: string, token: string | undefined, body?: unknown): Promise<T> {
    const headers: Record<string, string> = {}
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`
    let response: Response
    let text: string
    try {
      const signal = AbortSignal.timeout(patience)
      response = await this.fetch(`${this.base}${path}`, { method, headers, body: JSON.stringify(body), signal, cache: 'no-store' })
      text = await response.text()
    } catch {
      throw new ChatError('network', 'The server cannot be reached.')
    }
    if (!response.ok) throw refusal(response, text)
    if (text === '') return undefined as T
    try {
      return JSON.parse(text) as T
    } catch {
      // Not the server's own words: a page of the network's, which wants a sign-in of its own.
      throw new ChatError('network', 'The server cannot be reached.')
    }
  }
}

function refusal(response: Response, text: string): ChatError {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN)
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined
  try {
    const problem = JSON.parse(text) as { code?: ErrorCode; title?: string }
    if (problem.code) return new ChatError(problem.code, problem.title ?? problem.code, retryAfterMs)
  } catch {
    // Not the server's own words: a proxy's page.
  }
  return new ChatError(codeOf(response.status), `The server answered ${response.status}.`, retryAfterMs)
}

/** What only the server can know, that a session or a group is gone, no status alone says: something in between has answered. */
const codeOf = (status: number): ErrorCode =>
  status === 429 ? 'rate_limited' : status < 500 ? 'bad_request' : status === 500 ? 'internal' : 'unavailable'
