import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Change, Conversation, OwnSettings } from '@chat/client'
import { forgetDrafts, keepDraft, readDraft } from './drafts'
import { shareDrafts } from './sharedDrafts'

const id = 'dm:anna:bob'

/** A client whose server takes every draft, unless told otherwise. */
class Client {
  session: { userId: string } | undefined = { userId: 'anna' }
  row: Partial<Conversation> | undefined = { id, maxSeqNo: 1 }
  asked: OwnSettings[] = []
  refuses = false
  private listener: (changes: readonly Change[]) => void = () => {}
  readonly archived = []

  get conversations() {
    return this.row ? [this.row as Conversation] : []
  }

  findConversation = () => this.row as Conversation | undefined
  subscribe = (listener: (changes: readonly Change[]) => void) => ((this.listener = listener), () => {})
  changeSettings = async (_: string, settings: OwnSettings) => {
    this.asked.push(settings)
    if (this.refuses) throw new Error('No.')
    this.hears(settings.draft ?? '')
  }

  /** The server tells of a draft. */
  hears(draft: string) {
    this.row = { ...this.row, draft: draft || undefined }
    this.tells([{ type: 'settings', conversationId: id, draft }])
  }

  tells(changes: readonly Change[]) {
    this.listener(changes)
  }
}

let client: Client
let end: () => void
const open = () => (end = shareDrafts(client as unknown as Parameters<typeof shareDrafts>[0]))
const write = (text: string) => keepDraft('anna', id, { text, replyTo: 'm1' })
const pauses = () => vi.advanceTimersByTimeAsync(2_000)

beforeEach(() => {
  vi.useFakeTimers()
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) })
  forgetDrafts()
  client = new Client()
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

test('What was written is told once, when the user pauses, and that it was sent as well', async () => {
  open()
  for (const text of ['h', 'he', 'hello']) write(text)
  expect(client.asked).toEqual([])
  await pauses()
  write('')
  await pauses()
  await pauses()

  expect(client.asked).toEqual([{ draft: 'hello' }, { draft: '' }])
})

test('What another device writes and sends is so here, and is not told again', async () => {
  open()
  client.hears('from there')
  expect(readDraft('anna', id).text).toBe('from there')
  client.hears('')
  await pauses()

  expect(readDraft('anna', id).text).toBe('')
  expect(client.asked).toEqual([])
})

test('What is being written here stays, and is told', async () => {
  open()
  write('mine')
  client.hears('theirs')
  expect(readDraft('anna', id)).toEqual({ text: 'mine', replyTo: 'm1' })
  await pauses()

  expect(client.asked).toEqual([{ draft: 'mine' }])
})

test('What was not taken stays, whatever is heard, and is told with the next change', async () => {
  open()
  client.refuses = true
  write('mine')
  await pauses()
  client.hears('theirs')
  expect(readDraft('anna', id).text).toBe('mine')

  client.refuses = false
  write('mine too')
  await pauses()
  expect(client.asked.at(-1)).toEqual({ draft: 'mine too' })
})

test('What was heard before the page was opened is known', () => {
  client.row = { id, maxSeqNo: 1, draft: 'shared' }
  write('shared')
  open()
  client.hears('theirs')
  expect(readDraft('anna', id).text).toBe('theirs')
})

test.each([{ id, maxSeqNo: 0 }, undefined])('A conversation without a message has no draft elsewhere: %j', async row => {
  client.row = row
  open()
  write('hello')
  await pauses()
  expect(client.asked).toEqual([])
})

test('Of a session that has ended nothing is told', async () => {
  open()
  write('hello')
  client.session = undefined
  client.tells([{ type: 'signedOut', reason: 'signedOut' }])
  await pauses()
  expect(client.asked).toEqual([])
})
