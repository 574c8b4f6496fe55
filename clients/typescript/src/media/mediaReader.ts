import { Bounded } from './bounded.ts'
import { json, type MediaApi, pathOf } from './mediaApi.ts'

/** Most signed addresses that are remembered. */
const maxAddresses = 500
/** Most bytes of pictures that are remembered. */
const maxBytes = 48 * 1024 * 1024
/** A file above this is not remembered, bytes. */
const maxFileBytes = 8 * 1024 * 1024
/** A signed address that ends sooner is asked for again, ms. */
const leastLeft = 60_000

/** The widths of the server's thumbnails, pixels. */
export const thumbnailWidths = [160, 320, 640, 1280] as const

/** Reads what messages have. What is asked for by several at once is read once; a little of it is remembered. */
export class MediaReader {
  private readonly api: MediaApi
  private readonly addresses = new Bounded<{ readonly url: string; readonly until: number }>(maxAddresses)
  private readonly pictures = new Bounded<Blob>(maxBytes)
  /** Another number after each session: what one has read is not remembered for the next. */
  private sessions = 0
  private readonly underWay = new Map<string, Promise<unknown>>()

  constructor(api: MediaApi) {
    this.api = api
  }

  async url(mediaId: string): Promise<string> {
    const known = this.addresses.get(mediaId)
    if (known && known.until > Date.now()) return known.url
    return this.once(`url/${mediaId}`, async (isCurrent) => {
      const { url, expiresAt } = await json<{ url: string; expiresAt: number }>(await this.api.read(`${pathOf(mediaId)}/url`))
      const address = this.api.absolute(url)
      if (isCurrent()) this.addresses.set(mediaId, { url: address, until: expiresAt - leastLeft })
      return address
    })
  }

  async thumbnail(mediaId: string, width: number): Promise<Blob> {
    const w = thumbnailWidths.find((step) => step >= width) ?? thumbnailWidths.at(-1)!
    // One that is larger does as well.
    for (const step of thumbnailWidths) {
      const known = step >= w && this.pictures.get(`${mediaId}/${step}`)
      if (known) return known
    }
    return this.pictures.get(mediaId) ?? this.remembered(`${mediaId}/${w}`, `${pathOf(mediaId)}/thumbnail?w=${w}`)
  }

  /** @param signal Ends this caller's own download; without one it is shared and remembered. */
  async download(mediaId: string, signal?: AbortSignal): Promise<Blob> {
    const known = this.pictures.get(mediaId)
    if (known) return known
    return signal ? (await this.api.read(pathOf(mediaId), signal)).blob() : this.remembered(mediaId, pathOf(mediaId))
  }

  /** The bytes of an own upload need not be read again. */
  uploaded(mediaId: string, bytes: Blob): void {
    if (bytes.type.startsWith('image/')) this.keep(mediaId, bytes)
  }

  clear(): void {
    this.sessions++
    this.underWay.clear()
    this.addresses.clear()
    this.pictures.clear()
  }

  private remembered(key: string, path: string): Promise<Blob> {
    return this.once(key, async (isCurrent) => {
      const bytes = await (await this.api.read(path)).blob()
      if (isCurrent()) this.keep(key, bytes)
      return bytes
    })
  }

  private keep(key: string, bytes: Blob): void {
    if (bytes.size <= maxFileBytes) this.pictures.set(key, bytes, bytes.size)
  }

  private once<T>(key: string, read: (isCurrent: () => boolean) => Promise<T>): Promise<T> {
    const known = this.underWay.get(key) as Promise<T> | undefined
    if (known) return known
    const { sessions } = this
    const work = read(() => sessions === this.sessions).finally(() => {
      if (this.underWay.get(key) === work) this.underWay.delete(key)
    })
    this.underWay.set(key, work)
    return work
  }
}
