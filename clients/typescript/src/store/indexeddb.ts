import { conversationOfChange, type Change, type Outgoing, type Row, type Session } from '../changes.ts'
import type { Message } from '../protocol.ts'
import { leftRow, nextRow, refusedByLeaving } from '../rows.ts'
import type { ChatStore, Stored } from './store.ts'

const version = 1
const everything = ['meta', 'rows', 'messages', 'outbox'] as const

/**
 * One database of the browser's:
 *   meta      'session' → Session, 'owner', 'deviceId', 'epoch' → string
 *   rows      Row by id
 *   messages  Message by [conversationId, seqNo]
 *   outbox    Outgoing by clientMsgId
 */
export class IndexedDbStore implements ChatStore {
  private readonly db: IDBDatabase

  private constructor(db: IDBDatabase) {
    this.db = db
    // A newer version of the page in another tab wants to change the tables.
    db.onversionchange = () => db.close()
  }

  /** @param name The database's; one holds one installation. */
  static async open(name = 'chat'): Promise<IndexedDbStore> {
    const opening = indexedDB.open(name, version)
    opening.onupgradeneeded = () => {
      const db = opening.result
      db.createObjectStore('meta')
      db.createObjectStore('rows', { keyPath: 'id' })
      db.createObjectStore('messages', { keyPath: ['conversationId', 'seqNo'] })
      db.createObjectStore('outbox', { keyPath: 'clientMsgId' })
    }
    return new IndexedDbStore(await answerOf(opening))
  }

  async load(): Promise<Stored> {
    const all = this.db.transaction(everything)
    const meta = all.objectStore('meta')
    const [session, owner, deviceId, epoch, rows, outbox] = await Promise.all([
      answerOf<Session | undefined>(meta.get('session')),
      answerOf<string | undefined>(meta.get('owner')),
      answerOf<string | undefined>(meta.get('deviceId')),
      answerOf<string | undefined>(meta.get('epoch')),
      answerOf<Row[]>(all.objectStore('rows').getAll()),
      answerOf<Outgoing[]>(all.objectStore('outbox').getAll()),
    ])
    return { session, owner, deviceId, epoch, rows, outbox: outbox.sort((a, b) => a.order - b.order) }
  }

  async write(changes: readonly Change[]): Promise<readonly Change[]> {
    const all = this.db.transaction(everything, 'readwrite', { durability: 'strict' })
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

  async messages(conversationId: string, from: number, to: number, limit: number): Promise<Message[]> {
    if (from > to) return []
    const range = IDBKeyRange.bound([conversationId, from], [conversationId, to])
    const cursor = this.db.transaction('messages').objectStore('messages').openCursor(range, 'prev')
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

  async makeRoom(): Promise<readonly Change[]> {
    const { rows } = await this.load()
    const dropped = rows.map(({ id }): Change => ({ type: 'trimmed', conversationId: id, below: Infinity }))
    await this.write(dropped)
    return dropped
  }

  close(): Promise<void> {
    this.db.close()
    return Promise.resolve()
  }

  private async apply(all: IDBTransaction, changes: readonly Change[]): Promise<void> {
    const [meta, rows, messages, outbox] = everything.map((name) => all.objectStore(name)) as Four
    let owner = (await answerOf<string | undefined>(meta.get('owner'))) ?? ''
    const touched = new Map<string, Row | undefined>()
    for (const id of new Set(changes.map(conversationOfChange)))
      if (id !== undefined) touched.set(id, await answerOf<Row | undefined>(rows.get(id)))

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
          for (const key of ['epoch', change.reason === 'revoked' ? 'deviceId' : 'owner']) meta.delete(key)
          for (const table of [rows, messages]) table.clear()
          if (change.reason === 'signedOut') outbox.clear()
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
          messages.put(change.message)
          break
        case 'log':
          for (const message of change.messages) messages.put(message)
          break
        case 'removed': {
          const id = change.conversationId
          messages.delete(below(id, Infinity))
          const waiting = (await answerOf<Outgoing[]>(outbox.getAll())).filter(({ conversationId }) => conversationId === id)
          for (const item of waiting) outbox.put(refusedByLeaving(item))
          touched.set(id, waiting[0] && leftRow(touched.get(id), waiting[0]))
          continue
        }
        case 'trimmed':
          messages.delete(below(change.conversationId, change.below))
          break
      }
      const id = conversationOfChange(change)
      if (id !== undefined) touched.set(id, nextRow(touched.get(id), change, owner))
    }

    for (const [id, row] of touched)
      if (row) rows.put(row)
      else rows.delete(id)
  }
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
    // Its error is not there yet when `onerror` is told.
    transaction.onabort = () => failed(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'))
  })

function tryAbort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}
