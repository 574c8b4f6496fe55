import { conversationOfChange, type Change, type OutboxEntry, type StoredConversation, type Session } from '../changes.ts'
import type { Message } from '../protocol.ts'
import { endsForGood, leftConversation, nextConversation, refusedByLeaving } from '../conversationRules.ts'
import { isGroup } from '../ids.ts'
import { afterChange, hasTarget, isAsNew } from '../messageState.ts'
import { addRange, rangeAt, type SeqNoRanges } from '../seqNoRanges.ts'
import { IndexedDbFiles } from './indexedDbFiles.ts'
import type { ChatStore, StoredState } from './store.ts'

const version = 1
const everything = ['meta', 'rows', 'messages', 'outbox'] as const
/** How long the browser has to open the database and to read from it once, ms. */
const openTimeout = 5_000
/** Before each attempt to open it again, ms: while a browser deletes the data it also closes what is opened meanwhile. */
const reopenPauses = [0, 50, 100, 200, 400, 800, 1_600]
/** Errors that mean that the connection was closed, not that the work failed: Safari throws UnknownError when its database process ends. */
const connectionErrors: ReadonlySet<string> = new Set(['InvalidStateError', 'AbortError', 'UnknownError'])

/**
 * One database of the browser's:
 *   meta      'session' → Session, 'owner', 'deviceId', 'epoch' → string, 'hasChanges', 'hasNotices' → true once a version that knows them has it
 *   rows      conversations by id, as StoredRow
 *   messages  Message by [conversationId, seqNo]
 *   outbox    OutboxEntry by clientMsgId
 *
 * The browser may close the connection at any time, and delete the data: then it is opened again.
 */
export class IndexedDbStore implements ChatStore {
  readonly files: IndexedDbFiles
  private readonly name: string
  /** The connection that is open or being opened; undefined if the last one was closed. */
  private connection: Promise<IDBDatabase> | undefined
  private closed = false
  private reopened = (): void => undefined

  private constructor(name: string) {
    this.name = name
    this.files = new IndexedDbFiles(name)
  }

  /**
   * @param name The database's; one holds one installation.
   * @throws DOMException `TimeoutError` where the browser does not answer within 5 s; others where it refuses.
   */
  static async open(name = 'chat'): Promise<IndexedDbStore> {
    const store = new IndexedDbStore(name)
    await store.within((db) => fetchWhatWasUnknown(db, 'hasChanges', () => true), [0])
    await store.within((db) => fetchWhatWasUnknown(db, 'hasNotices', isGroup))
    return store
  }

  onReopened(look: () => void): void {
    this.reopened = look
  }

  load(): Promise<StoredState> {
    return this.within((db) => this.loadFrom(db))
  }

  async write(changes: readonly Change[]): Promise<readonly Change[]> {
    if (changes.some(endsForGood)) await this.files.clear()
    return this.within((db) => this.writeTo(db, changes))
  }

  messages(conversationId: string, from: number, to: number, limit: number): Promise<Message[]> {
    if (from > to) return Promise.resolve([])
    return this.within((db) => this.messagesOf(db, conversationId, from, to, limit))
  }

  async makeRoom(): Promise<readonly Change[]> {
    const { conversations } = await this.load()
    const dropped = conversations.map(({ id }): Change => ({ type: 'trimmed', conversationId: id, below: Infinity }))
    await this.write(dropped)
    return dropped
  }

  async close(): Promise<void> {
    this.closed = true
    const db = await this.connection?.catch(() => undefined)
    db?.close()
  }

  /** Does the work, and once more on a new connection if the first was closed. A transaction is done completely or not at all. */
  private async within<T>(work: (db: IDBDatabase) => Promise<T>, pauses = reopenPauses): Promise<T> {
    if (this.closed) throw new DOMException('The store is closed.', 'InvalidStateError')
    const mine = this.connect(pauses)
    const db = await mine
    try {
      return await work(db)
    } catch (error) {
      if (!isConnectionError(error)) throw error
      db.close()
      this.ended(mine)
      return work(await this.connect())
    }
  }

  private connect(pauses: readonly number[] = reopenPauses): Promise<IDBDatabase> {
    if (this.connection) return this.connection
    const mine = openAfter(pauses, this.name, () => this.ended(mine))
    // Callers that wait get the error; the next call tries again.
    mine.catch(() => this.connection === mine && (this.connection = undefined))
    return (this.connection = mine)
  }

  /** Opens a new connection at once, to find out early whether the data are still there. */
  private ended(connection: Promise<IDBDatabase>): void {
    if (this.closed || this.connection !== connection) return
    this.connection = undefined
    this.connect().then(
      () => this.reopened(),
      () => undefined,
    )
  }

  private async loadFrom(db: IDBDatabase): Promise<StoredState> {
    const all = db.transaction(everything)
    const meta = all.objectStore('meta')
    const [session, owner, deviceId, epoch, rows, outbox] = await Promise.all([
      answerOf<Session | undefined>(meta.get('session')),
      answerOf<string | undefined>(meta.get('owner')),
      answerOf<string | undefined>(meta.get('deviceId')),
      answerOf<string | undefined>(meta.get('epoch')),
      answerOf<StoredRow[]>(all.objectStore('rows').getAll()),
      answerOf<OutboxEntry[]>(all.objectStore('outbox').getAll()),
    ])
    return { session, owner, deviceId, epoch, conversations: rows.map(conversationOfRow), outbox: outbox.sort((a, b) => a.order - b.order) }
  }

  private async writeTo(db: IDBDatabase, changes: readonly Change[]): Promise<readonly Change[]> {
    const all = db.transaction(everything, 'readwrite', { durability: 'strict' })
    const done = endOf(all)
    try {
      await this.apply(all, changes)
    } catch (error) {
      done.catch(() => undefined)
      if (all.error === null) tryAbort(all)
      throw error
    }
    await done
    return []
  }

  private async messagesOf(db: IDBDatabase, conversationId: string, from: number, to: number, limit: number): Promise<Message[]> {
    const range = IDBKeyRange.bound([conversationId, from], [conversationId, to])
    const cursor = db.transaction('messages').objectStore('messages').openCursor(range, 'prev')
    const found: Message[] = []
    await new Promise<void>((done, failed) => {
      cursor.onerror = () => failed(cursor.error)
      cursor.onsuccess = () => {
        const at = cursor.result
        if (!at || found.length === limit) return done()
        found.push(at.value as Message)
        at.continue()
      }
    })
    return found.reverse()
  }

  private async apply(all: IDBTransaction, changes: readonly Change[]): Promise<void> {
    const [meta, rows, messages, outbox] = everything.map((name) => all.objectStore(name)) as Four
    let owner = (await answerOf<string | undefined>(meta.get('owner'))) ?? ''
    const touched = new Map<string, StoredConversation | undefined>()
    for (const id of new Set(changes.map(conversationOfChange))) {
      if (id === undefined) continue
      const row = await answerOf<StoredRow | undefined>(rows.get(id))
      touched.set(id, row && conversationOfRow(row))
    }

    for (const change of changes) {
      switch (change.type) {
        case 'signedIn':
          owner = change.session.userId
          meta.put(change.session, 'session')
          meta.put(owner, 'owner')
          meta.put(change.session.deviceId, 'deviceId')
          break
        case 'signedOut':
          meta.delete('session')
          if (change.reason === 'expired') break
          meta.delete('epoch')
          if (change.reason === 'revoked') meta.delete('deviceId')
          for (const table of [rows, messages]) table.clear()
          if (change.reason === 'signedOut') {
            meta.delete('owner')
            outbox.clear()
          }
          for (const id of touched.keys()) touched.set(id, undefined)
          break
        case 'epoch':
          meta.put(change.epoch, 'epoch')
          for (const table of [rows, messages]) table.clear()
          for (const id of touched.keys()) touched.set(id, undefined)
          break
        case 'queued':
          outbox.put(change.item)
          break
        case 'unqueued':
          outbox.delete(change.clientMsgId)
          break
        case 'sent':
          outbox.delete(change.clientMsgId)
          // Not what was cleared while it was on its way.
          if (change.message.seqNo > (touched.get(change.message.conversationId)?.clearedUpTo ?? 0)) messages.put(change.message)
          break
        case 'log':
          await writeLog(messages, change, touched.get(change.conversationId), owner)
          break
        case 'removed': {
          const id = change.conversationId
          messages.delete(below(id, Infinity))
          const waiting = (await answerOf<OutboxEntry[]>(outbox.getAll())).filter(({ conversationId }) => conversationId === id)
          const refused = waiting.flatMap((item) => refusedByLeaving(item) ?? [])
          for (const { clientMsgId } of waiting) outbox.delete(clientMsgId)
          for (const item of refused) outbox.put(item)
          touched.set(id, refused[0] && leftConversation(touched.get(id), refused[0]))
          continue
        }
        case 'settings':
          if (change.clearedUpTo) messages.delete(below(change.conversationId, change.clearedUpTo + 1))
          break
        case 'listed':
          if (change.summary.clearedUpTo) messages.delete(below(change.summary.conversationId, change.summary.clearedUpTo + 1))
          break
        case 'expired':
          for (const seqNo of change.seqNos) messages.delete([change.conversationId, seqNo])
          break
        case 'trimmed':
          messages.delete(below(change.conversationId, change.below))
          break
      }
      const id = conversationOfChange(change)
      if (id !== undefined) touched.set(id, nextConversation(touched.get(id), change, owner))
    }

    for (const [id, conversation] of touched)
      if (conversation) rows.put(rowOfConversation(conversation))
      else rows.delete(id)
  }
}

/** @param known The complete ranges before: only a message in one of them can be there already. */
async function writeLog(table: IDBObjectStore, { conversationId, messages, changes = [], complete: [from, to] = [1, 0] }: Log, conversation: StoredConversation | undefined, me: string): Promise<void> {
  const { complete: known = [], clearedUpTo = 0 } = conversation ?? {}
  const held = (seqNo: number) => answerOf<Message | undefined>(table.get([conversationId, seqNo]))
  for (const message of messages.filter(({ seqNo }) => seqNo > clearedUpTo)) if (!rangeAt(known, message.seqNo) || isAsNew(message, await held(message.seqNo))) table.put(message)
  const complete = addRange(known, from, to)
  for (const change of changes) {
    if (!hasTarget(change)) continue
    const { seqNo } = change.target
    const after = afterChange(await held(seqNo), change, complete, me)
    if (after === 'incomplete') table.delete([conversationId, seqNo])
    else if (after) table.put(after)
  }
}

type Log = Extract<Change, { type: 'log' }>

/**
 * A version that did not know changes, or notices, took them for holes in what it stored: where a range has holes, the conversation's messages are fetched again.
 * @param mark What a version that knows them has left in `meta`.
 * @param mayHave Whether a conversation may have them.
 */
async function fetchWhatWasUnknown(db: IDBDatabase, mark: string, mayHave: (conversationId: string) => boolean): Promise<void> {
  if (await answerOf(db.transaction('meta').objectStore('meta').get(mark))) return
  const all = db.transaction(everything, 'readwrite')
  const done = endOf(all)
  const [meta, rows, messages] = everything.map((name) => all.objectStore(name)) as Four
  meta.put(true, mark)
  for (const row of await answerOf<StoredRow[]>(rows.getAll())) {
    if (!mayHave(row.id)) continue
    const counts = await Promise.all(row.spans.map(([from, to]) => answerOf<number>(messages.count(IDBKeyRange.bound([row.id, from], [row.id, to])))))
    if (row.spans.every(([from, to], at) => counts[at] === to - from + 1)) continue
    messages.delete(below(row.id, Infinity))
    rows.put({ ...row, spans: [] })
  }
  await done
}

/** A conversation in the database: some of it has the names that it had in the first version, which other tabs may still be of. */
type StoredRow = Omit<StoredConversation, 'complete' | 'ackedSeqNo' | 'countedSeqNo'> & {
  readonly spans: SeqNoRanges
  readonly acked: number
  readonly countedTo: number
}

const conversationOfRow = ({ spans, acked, countedTo, ...rest }: StoredRow): StoredConversation => ({
  ...rest,
  complete: spans,
  ackedSeqNo: acked,
  countedSeqNo: countedTo,
})

const rowOfConversation = ({ complete, ackedSeqNo, countedSeqNo, ...rest }: StoredConversation): StoredRow => ({
  ...rest,
  spans: complete,
  acked: ackedSeqNo,
  countedTo: countedSeqNo,
})

const isConnectionError = (error: unknown): boolean => error instanceof DOMException && connectionErrors.has(error.name)

/** @param pauses One before each attempt, ms. */
async function openAfter([pause = 0, ...more]: readonly number[], name: string, ended: () => void): Promise<IDBDatabase> {
  if (pause > 0) await new Promise((over) => setTimeout(over, pause))
  try {
    return await openDatabase(name, ended)
  } catch (error) {
    if (more.length === 0 || !isConnectionError(error)) throw error
    return openAfter(more, name, ended)
  }
}

/** @param ended Called when the browser has closed it; not after `close()`. */
async function openDatabase(name: string, ended: () => void): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, version)
  opening.onupgradeneeded = () => {
    const db = opening.result
    db.createObjectStore('meta')
    db.createObjectStore('rows', { keyPath: 'id' })
    db.createObjectStore('messages', { keyPath: ['conversationId', 'seqNo'] })
    db.createObjectStore('outbox', { keyPath: 'clientMsgId' })
  }
  const ready = answerOf<IDBDatabase>(opening).then(async (db) => {
    db.onclose = ended
    // Another connection wants to upgrade or delete the database.
    db.onversionchange = () => {
      db.close()
      ended()
    }
    // Some browsers open a database that then does not answer.
    await answerOf(db.transaction('meta').objectStore('meta').count())
    return db
  })
  return inTime(ready, (db) => db.close())
}

/** @param late Called with a result that comes after the timeout. */
function inTime<T>(work: Promise<T>, late: (result: T) => void): Promise<T> {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => {
      work.then(late, () => undefined)
      failed(new DOMException('The browser’s database does not answer.', 'TimeoutError'))
    }, openTimeout)
    work.then(done, failed).finally(() => clearTimeout(timer))
  })
}

const below = (conversationId: string, seqNo: number) =>
  IDBKeyRange.bound([conversationId, 0], [conversationId, seqNo], false, seqNo !== Infinity)

type Four = [IDBObjectStore, IDBObjectStore, IDBObjectStore, IDBObjectStore]

const answerOf = <T>(request: IDBRequest): Promise<T> =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result as T)
    request.onerror = () => failed(request.error)
  })

const endOf = (transaction: IDBTransaction): Promise<void> =>
  new Promise((done, failed) => {
    transaction.oncomplete = () => done()
    // Its error is not set yet in `onerror`.
    transaction.onabort = () => failed(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'))
  })

function tryAbort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}
