import { type Change, isOutgoingChange, type Outgoing, type OutgoingFile } from '../changes.ts'
import type { MessageMedia } from '../content.ts'
import { ChatError } from '../errors.ts'
import { timeOrderedId } from '../ids.ts'
import type { State } from '../state.ts'
import type { ChatStore } from '../store/store.ts'
import type { MediaReader } from './mediaReader.ts'
import type { Uploader } from './uploader.ts'

/** Files that are uploaded at the same time. */
const atOnce = 2
/** Between two reports of a file's progress, ms. */
const reportPause = 150
/** Before an upload that failed for now is tried again, if the server does not say, ms. */
const retryPause = 5_000
/** Bytes without an outbox entry are of one that is just being written, or were left by a crash: they go after this, ms. */
const orphanAge = 3_600_000
/** The server forgets an unfinished upload after this, ms. */
const uploadAge = 86_400_000
const maxWaveform = 100

/** A file that goes with a message. */
export interface FileToSend {
  readonly file: Blob
  /** A File has its own. */
  readonly name?: string
  /** Pixels as shown, and how long it plays, where that is known: shown while it is uploaded. */
  readonly width?: number
  readonly height?: number
  readonly durationMs?: number
  /** A voice note, and its loudness over its length: at most 100 of 0 to 255. */
  readonly voice?: boolean
  readonly waveform?: readonly number[]
}

const keyOfBytes = (fileId: string) => `bytes/${fileId}`

/** Keeps the files' bytes, so that the outbox entry survives a reload. @throws ChatError `storage`. */
export async function keepFiles(store: ChatStore, files: readonly FileToSend[]): Promise<OutgoingFile[]> {
  const kept: OutgoingFile[] = []
  try {
    for (const { file, name = (file as Partial<File>).name, waveform, ...described } of files) {
      const fileId = timeOrderedId()
      await store.files.put(keyOfBytes(fileId), file)
      const loudness = waveform && { waveform: waveform.slice(0, maxWaveform).map((value) => Math.max(0, Math.min(255, Math.round(value)))) }
      kept.push({ ...described, ...(name && { name }), ...loudness, fileId, contentType: file.type || 'application/octet-stream', size: file.size })
    }
    return kept
  } catch (error) {
    await dropFiles(store, kept)
    throw new ChatError('storage', `The store cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export const bytesOf = (store: ChatStore, fileId: string): Promise<Blob | undefined> => store.files.get<Blob>(keyOfBytes(fileId))

export const dropFiles = (store: ChatStore, files: readonly { readonly fileId: string }[] = []): Promise<void> =>
  store.files.delete(files.map(({ fileId }) => keyOfBytes(fileId))).catch(() => undefined)

/** A failed entry as the user sends it again: its files first, if they are not uploaded or the server does not have them any more. */
export function tryAgain(item: Outgoing): Outgoing {
  const isGone = item.error?.code === 'not_found'
  const files = item.files?.map((file) => (isGone ? { ...file, media: undefined } : file))
  if (!files?.some(({ media }) => !media)) return { ...item, state: 'waiting', error: undefined }
  // What it has of its own, without the uploads.
  const own = item.media?.filter(({ mediaId }) => !item.files?.some(({ media }) => media?.mediaId === mediaId))
  return { ...item, files, media: own?.length ? own : undefined, state: 'uploading', error: undefined }
}

/** Uploads the files of outbox entries. Works in the leading tab. */
export class OutgoingFiles {
  private readonly state: State
  private readonly store: ChatStore
  private readonly uploader: Uploader
  private readonly reader: MediaReader
  private readonly commit: (changes: Change[]) => Promise<void>
  /** By fileId. */
  private readonly running = new Map<string, { readonly clientMsgId: string; readonly ending: AbortController }>()
  /** By clientMsgId: the files whose bytes are to be dropped with the entry. */
  private readonly known = new Map<string, readonly OutgoingFile[]>()
  /** One change of an entry at a time: two of its files may be finished at once. */
  private changing: Promise<void> = Promise.resolve()
  private paused: ReturnType<typeof setTimeout> | undefined
  private works = false

  constructor(state: State, store: ChatStore, uploader: Uploader, reader: MediaReader, commit: (changes: Change[]) => Promise<void>) {
    this.state = state
    this.store = store
    this.uploader = uploader
    this.reader = reader
    this.commit = commit
  }

  start(): void {
    this.works = true
    this.opened()
    void this.tidy().catch(() => undefined)
  }

  stop(): void {
    this.works = false
    clearTimeout(this.paused)
    this.paused = undefined
    for (const { ending } of this.running.values()) ending.abort()
    this.running.clear()
    this.known.clear()
  }

  /** The server can be reached again. */
  opened(): void {
    clearTimeout(this.paused)
    this.paused = undefined
    this.look()
  }

  /** The outbox has changed: ends what is not wanted any more, and uploads what can be. */
  look(): void {
    if (!this.works) return
    for (const [fileId, { clientMsgId, ending }] of this.running) {
      if (this.state.outbox.get(clientMsgId)?.state === 'uploading') continue
      ending.abort()
      this.running.delete(fileId)
    }
    for (const [clientMsgId, files] of this.known) {
      if (this.state.outbox.has(clientMsgId)) continue
      this.known.delete(clientMsgId)
      void this.drop(files)
    }
    const items = this.messages.filter(({ files }) => files).sort((a, b) => a.order - b.order)
    for (const item of items) {
      this.known.set(item.clientMsgId, item.files!)
      if (item.state !== 'uploading' || this.paused) continue
      for (const file of item.files!) if (!file.media && !this.running.has(file.fileId) && this.running.size < atOnce) void this.upload(item.clientMsgId, file)
    }
  }

  private async upload(clientMsgId: string, file: OutgoingFile): Promise<void> {
    const { fileId, name } = file
    const ending = new AbortController()
    this.running.set(fileId, { clientMsgId, ending })
    try {
      const bytes = await bytesOf(this.store, fileId)
      if (!bytes) throw new ChatError('not_found', 'The file is not in the store any more.')
      const media = await this.uploader.upload(bytes, { owner: this.owner, fingerprint: fileId, name, signal: ending.signal, onProgress: this.report(fileId) })
      this.reader.uploaded(media.mediaId, bytes)
      await this.change(clientMsgId, (item) => withMedia(item, fileId, media))
    } catch (error) {
      if (ending.signal.aborted) return
      if (!(error instanceof ChatError) || error.isTransient || error.code === 'unauthenticated' || error.code === 'token_expired') this.pause(error)
      else await this.change(clientMsgId, (item) => ({ ...item, state: 'failed', error: { code: error.code, message: error.message } })).catch(() => this.pause(error))
    } finally {
      if (this.running.get(fileId)?.ending === ending) this.running.delete(fileId)
    }
    this.look()
  }

  private change(clientMsgId: string, next: (item: Outgoing) => Outgoing): Promise<void> {
    const change = this.changing.then(async () => {
      const item = this.state.outbox.get(clientMsgId)
      if (item?.state === 'uploading') await this.commit([{ type: 'queued', item: next(item) }])
    })
    this.changing = change.catch(() => undefined)
    return change
  }

  private pause(error: unknown): void {
    const ms = (error instanceof ChatError && error.retryAfterMs) || retryPause
    this.paused ??= setTimeout(() => this.opened(), ms)
  }

  private report(fileId: string): (sent: number, total: number) => void {
    let next = 0
    return (sent, total) => {
      if (Date.now() < next && sent < total) return
      next = Date.now() + reportPause
      void this.commit([{ type: 'uploaded', fileId, sent }])
    }
  }

  private async drop(files: readonly OutgoingFile[]): Promise<void> {
    await dropFiles(this.store, files)
    for (const { fileId } of files) await this.uploader.forget(`${this.owner}/${fileId}`).catch(() => undefined)
  }

  /** Deletes what a crash has left. */
  private async tidy(): Promise<void> {
    const used = new Set(this.messages.flatMap(({ files }) => files?.map(({ fileId }) => fileId) ?? []))
    for (const key of await this.store.files.keys()) {
      const [kind, ...rest] = key.split('/')
      const id = rest.at(-1) ?? ''
      const isOld =
        kind === 'bytes'
          ? !used.has(id) && timeOf(id) < Date.now() - orphanAge
          : ((await this.store.files.get<{ at?: number }>(key))?.at ?? 0) < Date.now() - uploadAge
      if (isOld) await this.store.files.delete([key])
    }
  }

  private get messages(): Outgoing[] {
    return [...this.state.outbox.values()].filter((item) => !isOutgoingChange(item))
  }

  private get owner(): string {
    return this.state.owner ?? ''
  }
}

/** An upload's end. With the last one the message can be sent. */
function withMedia(item: Outgoing, fileId: string, media: MessageMedia): Outgoing {
  const files = item.files!.map((file) => (file.fileId === fileId ? { ...file, media: { ...shown(file), ...media } } : file))
  if (files.some((file) => !file.media)) return { ...item, files }
  return { ...item, files, media: [...(item.media ?? []), ...files.map((file) => file.media!)], state: 'waiting' }
}

/** What the sender says of it; the server knows the rest better. */
const shown = ({ name, durationMs, voice, waveform }: OutgoingFile) => ({
  ...(name !== undefined && { name }),
  ...(durationMs !== undefined && { durationMs }),
  ...(voice && { voice }),
  ...(waveform && { waveform }),
})

/** When a UUID of version 7 was made, ms. */
const timeOf = (id: string) => Number.parseInt(id.replace('-', '').slice(0, 12), 16) || 0
