import { beforeEach, expect, test, vi } from 'vitest'
import { de } from '../i18n/de'
import { en } from '../i18n/en'
import { inGroup } from '../push/notification'
import { Notifier } from './notifier'

const payload = { v: 1, conversationId: 'dm:alice:bob', messageId: 'm5', seqNo: 5, title: 'bob', body: 'hello', unread: 1, badge: 2 }

interface Note {
  title: string
  tag: string
  body: string
  data?: { seqNo: number }
  renotify?: boolean
  silent?: boolean
  actions?: { action: string }[]
  close(): void
}

let shown: Note[]
let pages: { url: string; focused: boolean; visibilityState: DocumentVisibilityState; focus: ReturnType<typeof vi.fn>; postMessage: ReturnType<typeof vi.fn> }[]
let opened: string[]
let badge: number | undefined
let later: string[]
let readSeqNo: number
let owner: string | undefined
let manner: { t: typeof en; silent: boolean }
const answering = { reply: vi.fn(), markRead: vi.fn(), sendWaiting: vi.fn() }

const registration = {
  getNotifications: ({ tag }: { tag: string }) => Promise.resolve(shown.filter(one => one.tag === tag)),
  showNotification: (title: string, options: Omit<Note, 'title' | 'close'>) => {
    const note: Note = { title, ...options, close: () => void (shown = shown.filter(one => one !== note)) }
    shown = [...shown.filter(one => one.tag !== note.tag), note]
    return Promise.resolve()
  },
  sync: { register: (tag: string) => Promise.resolve(void later.push(tag)) },
}
const notifier = new Notifier(
  {
    registration: registration as never,
    clients: { matchAll: () => Promise.resolve(pages as never), openWindow: url => Promise.resolve(void opened.push(url) as never) },
    navigator: { languages: ['en'], setAppBadge: count => Promise.resolve(void (badge = count)), clearAppBadge: () => Promise.resolve(void (badge = 0)) },
  },
  answering,
  { stored: () => Promise.resolve({ owner, readSeqNo: () => readSeqNo }), manner: () => Promise.resolve(manner) },
)
const page = (more = {}) => ({ url: 'http://localhost/#/', focused: false, visibilityState: 'hidden' as const, focus: vi.fn(() => Promise.resolve()), postMessage: vi.fn(), ...more })

beforeEach(() => {
  ;[shown, pages, opened, later] = [[], [], [], []]
  badge = undefined
  readSeqNo = 0
  owner = 'alice'
  manner = { t: en, silent: false }
  for (const mock of Object.values(answering)) mock.mockReset().mockResolvedValue('sent')
})

test('a push is shown: one a conversation, with what it says, and sounds again', async () => {
  await notifier.pushed(payload)
  await notifier.pushed({ ...payload, seqNo: 6, body: 'again' })
  expect(shown).toMatchObject([{ title: 'bob', body: 'again', tag: 'dm:alice:bob', renotify: true, silent: false, data: { seqNo: 6 } }])
  expect(shown[0]!.actions!.map(({ action }) => action)).toEqual(['reply', 'read'])
  expect(badge).toBe(2)
})

test('what a push does not say is said in the words of the device', async () => {
  const { title: _, body: __, ...bare } = payload
  await notifier.pushed({ ...bare, unread: 3 })
  expect(shown).toMatchObject([{ title: 'Chat', body: '3 new messages' }])
  manner = { t: de as typeof en, silent: true }
  await notifier.pushed({ ...bare, seqNo: 7, title: 'bob' })
  expect(shown).toMatchObject([{ title: 'bob', body: 'Neue Nachricht', silent: true, renotify: false }])
})

test('in a group the title is its title, and who wrote is said where there is no text', async () => {
  const group = { ...payload, conversationId: 'g:1', title: 'The team', sender: 'bob' }
  await notifier.pushed({ ...group, body: 'bob: hello' })
  expect(shown).toMatchObject([{ title: 'The team', body: 'bob: hello' }])
  const { body: _, ...bare } = group
  await notifier.pushed({ ...bare, seqNo: 6 })
  expect(shown).toMatchObject([{ title: 'The team', body: 'New message from bob' }])
  await notifier.pushed({ ...bare, seqNo: 7, unread: 3 })
  expect(shown).toMatchObject([{ title: 'The team', body: '3 new messages, the last from bob' }])
  manner = { t: de as typeof en, silent: false }
  await notifier.pushed({ ...bare, seqNo: 8, unread: 3 })
  expect(shown).toMatchObject([{ title: 'The team', body: '3 neue Nachrichten, die letzte von bob' }])
})

test('an empty title and a text of many lines are shown as a notification can show them', async () => {
  await notifier.pushed({ ...payload, title: '' })
  expect(shown).toMatchObject([{ title: 'Chat', body: 'hello' }])
  expect(inGroup('alice', 'hi\r\nbob: I resign')).toBe('alice: hi bob: I resign')
})

test('read elsewhere, it is closed, unless it shows something newer', async () => {
  await notifier.pushed(payload)
  await notifier.pushed({ v: 1, conversationId: payload.conversationId, seqNo: 4, unread: 0, badge: 1 })
  expect(shown).toHaveLength(1)
  await notifier.pushed({ v: 1, conversationId: payload.conversationId, seqNo: 5, unread: 0, badge: 0 })
  expect(shown).toEqual([])
  expect(badge).toBe(0)
})

test.each([
  ['the user looks at the page', () => (pages = [page({ focused: true, visibilityState: 'visible' })]), false],
  ['the page is open and not looked at', () => (pages = [page({ visibilityState: 'visible' })]), true],
  ['another page of the host is looked at', () => (pages = [page({ url: 'http://other/', focused: true, visibilityState: 'visible' })]), true],
  ['the message has been read', () => (readSeqNo = 5), false],
  ['only earlier messages have been read', () => (readSeqNo = 4), true],
  ['the user has signed out', () => (owner = undefined), false],
])('where %s, it is shown only if that makes sense', async (_, arrange, isShown) => {
  arrange()
  await notifier.pushed(payload)
  expect(shown).toHaveLength(isShown ? 1 : 0)
})

test('one that comes twice is shown once', async () => {
  await notifier.pushed(payload)
  const first = shown[0]
  await notifier.pushed(payload)
  expect(shown[0]).toBe(first)
})

test.each([undefined, null, 'text', { v: 2 }, { ...payload, conversationId: 5 }])('a payload of a later version, %j, still says something', async data => {
  await notifier.pushed(data)
  expect(shown).toMatchObject([{ title: 'Chat', body: en.notification.something }])
})

const click = async (action: string, reply?: string) => {
  await notifier.pushed(payload)
  await notifier.clicked(shown[0] as unknown as Notification, action, reply)
}

test('a click opens the conversation, in the page that is open if there is one', async () => {
  await click('')
  expect(opened).toEqual(['http://localhost/#/c/dm:alice:bob'])
  expect(shown).toEqual([])
  pages = [page(), page({ visibilityState: 'visible' })]
  await click('')
  expect(opened).toHaveLength(1)
  expect(pages[1]!.postMessage).toHaveBeenCalledWith({ type: 'open', conversationId: 'dm:alice:bob' })
  expect(pages[1]!.focus).toHaveBeenCalled()
})

test('actions answer without the page', async () => {
  await click('read')
  expect(answering.markRead).toHaveBeenCalledWith('dm:alice:bob', 5)
  await click('reply', ' on my way ')
  expect(answering.reply).toHaveBeenCalledWith('dm:alice:bob', 5, 'on my way')
  expect(opened).toEqual([])
  // Where no text can be written into a notification.
  await click('reply')
  expect(opened).toHaveLength(1)
})

test('a reply that cannot go out is sent later, and one that is refused is told', async () => {
  answering.reply.mockResolvedValue('waiting')
  await click('reply', 'later')
  expect(later).toEqual(['outbox'])
  expect(shown).toEqual([])
  answering.reply.mockRejectedValue(new Error('storage'))
  await click('reply', 'never')
  expect(shown).toMatchObject([{ title: en.notification.replyFailed, body: 'never', tag: 'dm:alice:bob' }])
  // Woken by the browser, it throws while something waits, so that it is woken again.
  answering.sendWaiting.mockResolvedValue(false)
  await expect(notifier.sendWaiting()).rejects.toThrow()
})
