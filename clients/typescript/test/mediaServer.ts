import type { Rig } from './rig.ts'

interface Upload {
  length: number
  bytes: Uint8Array
  metadata: string
  mediaId?: string
}

/** The server's media, played by the test, beside a rig: keeps what is uploaded, and can be told to fail. */
export class MediaServer {
  readonly uploads = new Map<string, Upload>()
  readonly media = new Map<string, { bytes: Uint8Array; contentType: string; name?: string }>()
  /** `METHOD path` of the calls, in order. */
  readonly calls: string[] = []
  /** Before a call is answered: an answer of its own, or nothing. */
  before: (call: string, request: RequestInit) => Response | undefined | Promise<Response | undefined> = () => undefined
  /** Of a PATCH only so many bytes arrive, then the network is gone. */
  cutAfter: number | undefined
  hasTus = true
  private readonly rig: Rig
  private readonly keys = new Map<string, string>()

  constructor(rig: Rig) {
    this.rig = rig
  }

  readonly fetch = async (address: string, request: RequestInit): Promise<Response> => {
    const url = new URL(address)
    if (!url.pathname.startsWith('/v1/media')) return this.rig.fetch(address, request)
    request.signal?.throwIfAborted()
    url.searchParams.delete('user')
    const call = `${request.method} ${url.pathname}${url.search}`
    this.calls.push(call)
    const headers = new Headers(request.headers)
    return (await this.before(call, request)) ?? (await this.answer(url, request.method!, headers, await bytesOf(request.body)))
  }

  async contentOf(mediaId: string): Promise<string> {
    return new TextDecoder().decode(this.media.get(mediaId)!.bytes)
  }

  private async answer(url: URL, method: string, headers: Headers, body: Uint8Array): Promise<Response> {
    const [, , , kind, last] = url.pathname.split('/')
    if (kind === 'upload') {
      const key = headers.get('Idempotency-Key')!
      if (!this.keys.has(key)) this.keys.set(key, this.add(body, headers.get('Content-Type')!, nameOf(headers)))
      return Response.json(this.described(this.keys.get(key)!), { status: 201 })
    }
    if (kind === 'tus') return this.tus(method, last, headers, body)
    const found = this.media.get(kind!)
    if (!found) return refused(404, 'not_found')
    if (last === 'info') return Response.json(this.described(kind!))
    if (last === 'url') return Response.json({ url: `/v1/media/${kind}?signature=s${this.calls.length}`, expiresAt: Date.now() + 900_000 })
    return new Response(found.bytes as BufferSource, { headers: { 'Content-Type': found.contentType } })
  }

  private tus(method: string, id: string | undefined, headers: Headers, body: Uint8Array): Response {
    if (!this.hasTus) return refused(404, 'not_found')
    if (headers.get('Tus-Resumable') !== '1.0.0') return refused(412, 'bad_request')
    if (method === 'POST') {
      const name = `u${this.uploads.size + 1}`
      this.uploads.set(name, { length: Number(headers.get('Upload-Length')), bytes: new Uint8Array(), metadata: headers.get('Upload-Metadata') ?? '' })
      return new Response(null, { status: 201, headers: { Location: `http://inside:8080/v1/media/tus/${name}` } })
    }
    const upload = this.uploads.get(id!)
    if (!upload) return refused(404, 'not_found')
    if (method === 'DELETE') {
      this.uploads.delete(id!)
      return new Response(null, { status: 204 })
    }
    if (method === 'PATCH') {
      if (Number(headers.get('Upload-Offset')) !== upload.bytes.length) return refused(409, 'conflict')
      const { cutAfter } = this
      upload.bytes = Uint8Array.from([...upload.bytes, ...body.slice(0, cutAfter ?? body.length)])
      if (cutAfter !== undefined && cutAfter < body.length) throw new TypeError('The network is gone.')
    }
    if (upload.bytes.length === upload.length) upload.mediaId ??= this.add(upload.bytes, 'application/octet-stream')
    const done: Record<string, string> = upload.mediaId ? { 'Upload-Media-Id': upload.mediaId } : {}
    return new Response(null, { status: method === 'HEAD' ? 200 : 204, headers: { 'Upload-Offset': `${upload.bytes.length}`, ...done } })
  }

  private add(bytes: Uint8Array, contentType: string, name?: string): string {
    const mediaId = `media-${this.media.size + 1}`
    this.media.set(mediaId, { bytes, contentType, ...(name !== undefined && { name }) })
    return mediaId
  }

  private described(mediaId: string) {
    const { bytes, contentType, name } = this.media.get(mediaId)!
    return { mediaId, mediaUrl: `/v1/media/${mediaId}`, contentType, size: bytes.length, name, thumbnailUrl: contentType.startsWith('image/') ? `/v1/media/${mediaId}/thumbnail` : undefined }
  }
}

export const refused = (status: number, code: string, more = {}): Response => new Response(JSON.stringify({ code, title: code }), { status, ...more })

const bytesOf = async (body: RequestInit['body']) => new Uint8Array(body ? await (body as Blob).arrayBuffer() : [])

const nameOf = (headers: Headers) => {
  const name = /filename\*=UTF-8''(.+)/.exec(headers.get('Content-Disposition') ?? '')?.[1]
  return name === undefined ? undefined : decodeURIComponent(name)
}
