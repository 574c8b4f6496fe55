import type { Fetch } from '../restClient.ts'

/** How long nothing may move before the request is given up, ms. The server's answer may take as long after the last byte. */
const stall = 60_000
/** The slowest upload where progress is not told: bytes per ms. */
const slowest = 32

export interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Blob
  readonly signal?: AbortSignal
}

/** Sends one request. Rejects where no answer came. @param onProgress How many bytes of the body have left. */
export type SendBytes = (address: string, request: HttpRequest, onProgress?: (sent: number) => void) => Promise<Response>

/** By `fetch`, which tells of the body's progress only at its end. */
export const byFetch =
  (fetch: Fetch): SendBytes =>
  async (address, { method, headers, body, signal }, onProgress) => {
    const limit = AbortSignal.timeout(stall + Math.ceil((body?.size ?? 0) / slowest))
    const response = await fetch(address, { method, headers: { ...headers }, body, signal: signal ? AbortSignal.any([signal, limit]) : limit, cache: 'no-store' })
    onProgress?.(body?.size ?? 0)
    return response
  }

/** By XMLHttpRequest, the only way to see in a browser how far a body has got. */
export const byXhr: SendBytes = (address, { method, headers, body, signal }, onProgress) =>
  new Promise((done, failed) => {
    const xhr = new XMLHttpRequest()
    let late: ReturnType<typeof setTimeout>
    const moved = () => {
      clearTimeout(late)
      late = setTimeout(() => xhr.abort(), stall)
    }
    const abort = () => xhr.abort()
    xhr.open(method, address)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = ({ loaded }) => {
      moved()
      onProgress?.(loaded)
    }
    xhr.onload = () => done(responseOf(xhr))
    xhr.onerror = xhr.onabort = () => failed(new TypeError('The request failed.'))
    xhr.onloadend = () => {
      clearTimeout(late)
      signal?.removeEventListener('abort', abort)
    }
    if (signal?.aborted) return failed(signal.reason as Error)
    signal?.addEventListener('abort', abort)
    moved()
    xhr.send(body ?? null)
  })

function responseOf(xhr: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const line of xhr.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const at = line.indexOf(':')
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim())
  }
  const { status, responseText } = xhr
  // These have no body.
  return new Response(status === 204 || status === 205 || status === 304 ? null : responseText, { status, headers })
}
