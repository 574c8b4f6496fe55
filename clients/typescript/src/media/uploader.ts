import { pauseBefore } from '../connector.ts'
import type { MessageMedia } from '../content.ts'
import { ChatError } from '../errors.ts'
import { timeOrderedId } from '../ids.ts'
import type { UploadedMedia } from '../protocol.ts'
import type { KeptFiles } from '../store/store.ts'
import { json, type MediaApi, mediaOf } from './mediaApi.ts'

/** A file up to this size goes in one request, bytes: a resumable upload takes three. */
const oneRequest = 512 * 1024
/** One request of a resumable upload, bytes: what a proxy that holds bodies back can lose. */
const chunk = 8 * 1024 * 1024
/** Attempts in a row that get no further. */
const maxAttempts = 5
/** Answers by which a server or proxy says that it has no resumable uploads. */
const noTus: readonly number[] = [404, 405, 412, 501]

export interface UploadOptions {
  /** The file's name; a File has its own. */
  readonly name?: string
  /** The same for the same content: an upload that was interrupted goes on where it was. A File has one of its own. */
  readonly fingerprint?: string
  /** Called with bytes that have left, and all of them. */
  readonly onProgress?: (sent: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Where an upload goes on: the last part of its address. */
interface KeptUpload {
  readonly uploadId: string
  /** When it began, ms. */
  readonly at: number
}

export const keyOfUpload = (fingerprint: string) => `upload/${fingerprint}`

/**
 * Uploads files: small ones in one request, which repeated is one upload; larger ones by tus 1.0 (tus.io/protocols/resumable-upload), also over
 * reloads; where there is no tus in one request, too.
 */
export class Uploader {
  private readonly api: MediaApi
  private readonly kept: KeptFiles
  /** Whether resumable uploads were refused: not tried again by this object. */
  private hasNoTus = false

  constructor(api: MediaApi, kept: KeptFiles) {
    this.api = api
    this.kept = kept
  }

  /** @throws ChatError, `network` after some attempts that got no further; the signal's reason. */
  async upload(file: Blob, options: UploadOptions & { readonly owner: string }): Promise<MessageMedia> {
    const { signal, owner } = options
    const one = new OneUpload(this.api, this.kept, file, {
      ...options,
      key: timeOrderedId(),
      keptAs: keyOfUpload(`${owner}/${options.fingerprint ?? fingerprintOf(file) ?? timeOrderedId()}`),
    })
    for (let failures = 0; ; ) {
      signal?.throwIfAborted()
      const before = one.sent
      try {
        if (file.size <= oneRequest || this.hasNoTus) return await one.whole()
        const media = await one.resumable()
        if (media) return media
        this.hasNoTus = true
      } catch (error) {
        if (!(error instanceof ChatError) || !error.isTransient) throw error
        failures = one.sent > before ? 1 : failures + 1
        if (failures >= maxAttempts) throw error
        await pause(error.retryAfterMs ?? pauseBefore(failures), signal)
      }
    }
  }

  /** Ends an upload that is not wanted any more. */
  async forget(fingerprint: string): Promise<void> {
    const keptAs = keyOfUpload(fingerprint)
    const kept = await this.kept.get<KeptUpload>(keptAs)
    if (!kept) return
    await this.kept.delete([keptAs])
    await this.api.send('DELETE', pathOfUpload(kept.uploadId), { headers: tus })
  }
}

class OneUpload {
  /** Bytes that the server is known to have. */
  sent = 0
  private readonly api: MediaApi
  private readonly kept: KeptFiles
  private readonly file: Blob
  private readonly options: UploadOptions & { readonly key: string; readonly keptAs: string }

  constructor(api: MediaApi, kept: KeptFiles, file: Blob, options: OneUpload['options']) {
    this.api = api
    this.kept = kept
    this.file = file
    this.options = options
  }

  /** In one request. */
  async whole(): Promise<MessageMedia> {
    const { file, options } = this
    const headers: Record<string, string> = { 'Content-Type': file.type || 'application/octet-stream', 'Idempotency-Key': options.key }
    if (this.name) headers['Content-Disposition'] = `attachment; filename*=UTF-8''${encodeName(this.name)}`
    const response = await this.api.send('POST', '/v1/media/upload', { headers, body: file, signal: options.signal, onProgress: (sent) => this.tell(sent) })
    return mediaOf(await json<UploadedMedia>(response))
  }

  /** From where it was interrupted, else from the beginning. @returns Undefined where the server has no resumable uploads. */
  async resumable(): Promise<MessageMedia | undefined> {
    const kept = await this.kept.get<KeptUpload>(this.options.keptAs).catch(() => undefined)
    let at = kept && (await this.find(kept.uploadId))
    at ??= await this.create()
    while (at && at.mediaId === undefined) at = await this.append(at)
    if (!at) return undefined
    const media = await this.api.describe(at.mediaId!, this.options.signal)
    await this.kept.delete([this.options.keptAs]).catch(() => undefined)
    return media
  }

  private async find(uploadId: string): Promise<Place | undefined> {
    const response = await this.api.send('HEAD', pathOfUpload(uploadId), { headers: tus, signal: this.options.signal, accept: [403, 404, 410] })
    return response.ok ? this.placeIn(uploadId, response) : undefined
  }

  private async create(): Promise<Place | undefined> {
    const { file, name, options } = this
    const metadata = [name && `filename ${base64(name)}`, file.type && `filetype ${base64(file.type)}`].filter(Boolean).join(',')
    const headers = { ...tus, 'Upload-Length': `${file.size}`, ...(metadata && { 'Upload-Metadata': metadata }) }
    const response = await this.api.send('POST', '/v1/media/tus', { headers, signal: options.signal, accept: noTus })
    // Only the id is used: behind a proxy the server may not know its own address.
    const uploadId = response.headers.get('Location')?.split(/[?#]/)[0]?.split('/').at(-1)
    if (!response.ok || !uploadId) return undefined
    // Without it the upload works, too.
    await this.kept.put(options.keptAs, { uploadId, at: Date.now() } satisfies KeptUpload).catch(() => undefined)
    return { uploadId, offset: 0 }
  }

  private async append({ uploadId, offset }: Place): Promise<Place | undefined> {
    this.sent = offset
    this.tell(offset)
    const response = await this.api.send('PATCH', pathOfUpload(uploadId), {
      headers: { ...tus, 'Upload-Offset': `${offset}`, 'Content-Type': 'application/offset+octet-stream' },
      body: this.file.slice(offset, offset + chunk),
      signal: this.options.signal,
      accept: [404, 405, 409, 410, 501],
      onProgress: (sent) => this.tell(offset + sent),
    })
    // A proxy that knows no PATCH.
    if (response.status === 405 || response.status === 501) return undefined
    // Somebody else has written to it, or it is gone.
    if (!response.ok) return (await this.find(uploadId)) ?? (await this.create())
    return this.placeIn(uploadId, response)
  }

  private placeIn(uploadId: string, { headers }: Response): Place {
    const offset = Number(headers.get('Upload-Offset') ?? NaN)
    // Not the server's answer.
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.file.size) throw new ChatError('network', 'The server cannot be reached.')
    this.sent = Math.max(this.sent, offset)
    return { uploadId, offset, mediaId: headers.get('Upload-Media-Id') ?? undefined }
  }

  private tell(sent: number): void {
    this.options.onProgress?.(Math.min(sent, this.file.size), this.file.size)
  }

  private get name(): string | undefined {
    return this.options.name ?? (this.file as Partial<File>).name
  }
}

interface Place {
  readonly uploadId: string
  readonly offset: number
  /** The upload is finished. */
  readonly mediaId?: string
}

const tus = { 'Tus-Resumable': '1.0.0' }

const pathOfUpload = (uploadId: string) => `/v1/media/tus/${encodeURIComponent(uploadId)}`

/** Of a File: the same file of the same disk. The content of another Blob is not known. */
function fingerprintOf(file: Blob): string | undefined {
  const { name, lastModified } = file as Partial<File>
  return name === undefined ? undefined : `${name}/${file.size}/${file.type}/${lastModified}`
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** As RFC 8187 §3.2 wants it. */
const encodeName = (name: string) => encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

const pause = (ms: number, signal: AbortSignal | undefined) =>
  new Promise<void>((over, failed) => {
    const ended = () => {
      clearTimeout(timer)
      failed(signal!.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', ended)
      over()
    }, ms)
    signal?.addEventListener('abort', ended, { once: true })
  })
