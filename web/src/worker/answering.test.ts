import { ChatClient, MemoryStore } from '@chat/client'
import { beforeEach, expect, test, vi } from 'vitest'
import { Answering } from './answering'

const direct = 'dm:alice:bob'
const json = (body: unknown) => new Response(JSON.stringify(body))

/** A client with a session and a server played by the test. Each opening is a new one on the same store, as a worker's are. */
let store: MemoryStore
let sent: { type: string; text?: string; seqNo?: number; status?: string }[]
let connections: number
let answers: boolean
const open = () =>
  ChatClient.open({
    url: 'http://server',
    store,
    fetch: async address => {
      const { pathname } = new URL(address)
      if (pathname.startsWith('/v1/auth')) return json({ accessToken: 'a', refreshToken: 'r', expiresIn: 900 })
      return json(pathname === '/v1/conversations' ? { conversations: [], epoch: 'e' } : {})
    },
    connect: async (_url, _caller, events) => {
      connections++
      if (!answers) throw new Error('offline')
      queueMicrotask(() => {
        events.frame({ type: 'welcome', userId: 'alice', deviceId: 'd', serverTime: 1, epoch: 'e' })
        events.frame({ type: 'message', messageId: 'm1', conversationId: direct, seqNo: 1, senderId: 'bob', text: 'hello', timestamp: 1 })
        events.frame({ type: 'caughtUp' })
      })
      return {
        send: frame => {
          sent.push(frame as never)
          if (frame.type !== 'message') return
          const { clientMsgId } = frame
          queueMicrotask(() => events.frame({ type: 'ack', clientMsgId, messageId: 'm2', conversationId: direct, seqNo: 2, timestamp: 2, status: 'sent' }))
        },
        probe: async () => undefined,
        close: () => undefined,
      }
    },
  })

beforeEach(async () => {
  store = new MemoryStore()
  // What a worker stores outlives it.
  store.close = () => Promise.resolve()
  sent = []
  connections = 0
  answers = true
  const client = await open()
  await client.signIn('alice', 'secret')
  await client.close()
  sent = []
  connections = 0
})

test('a reply is sent with the page closed, and what it answers is read', async () => {
  const answering = new Answering(async () => false, open)
  expect(await answering.reply(direct, 1, 'on my way')).toBe('sent')
  expect(sent.filter(({ type }) => type === 'message')).toMatchObject([{ text: 'on my way' }])
  expect(sent).toContainEqual({ type: 'ack', conversationId: direct, seqNo: 1, status: 'read' })
  expect((await store.load()).outbox).toEqual([])
})

test('a message that is marked as read may have come since the browser was last connected', async () => {
  await new Answering(async () => false, open).markRead(direct, 1)
  expect(sent).toContainEqual({ type: 'ack', conversationId: direct, seqNo: 1, status: 'read' })
})

test('without a connection a reply stays in the outbox, once', async () => {
  answers = false
  vi.useFakeTimers()
  const reply = new Answering(async () => false, open).reply(direct, 1, 'later')
  await vi.advanceTimersByTimeAsync(21_000)
  expect(await reply).toBe('waiting')
  vi.useRealTimers()
  expect((await store.load()).outbox).toMatchObject([{ text: 'later', state: 'waiting' }])

  answers = true
  expect(await new Answering(async () => false, open).sendWaiting()).toBe(true)
  expect(sent.filter(({ type }) => type === 'message')).toMatchObject([{ text: 'later' }])
})

test('an open page gets the reply to send', async () => {
  answers = false
  expect(await new Answering(async () => true, open).reply(direct, 1, 'for the page')).toBe('sent')
  expect((await store.load()).outbox).toMatchObject([{ text: 'for the page' }])
})

test('signed out, nothing is sent', async () => {
  const client = await open()
  await client.signOut()
  await client.close()
  await expect(new Answering(async () => false, open).reply(direct, 1, 'no')).rejects.toMatchObject({ code: 'unauthenticated' })
})
