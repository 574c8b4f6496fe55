import { beforeEach, describe, expect, test } from 'vitest'
import type { Change, Outgoing, Session } from '../../src/changes.ts'
import { extentOf } from '../../src/expiry.ts'
import type { Message, MessageChange } from '../../src/protocol.ts'
import type { ChatStore } from '../../src/store/store.ts'

const direct = 'dm:alice:bob'
export const session: Session = { userId: 'alice', deviceId: 'web-1', accessToken: 'a', refreshToken: 'r', expiresAt: 2, renewAt: 1 }

export const message = (seqNo: number, senderId = 'bob', conversationId = direct): Message => ({
  messageId: `m${seqNo}`,
  conversationId,
  seqNo,
  senderId,
  text: `text ${seqNo}`,
  timestamp: 1000 + seqNo,
})

const outgoing = (clientMsgId: string, order: number): Outgoing => ({
  clientMsgId,
  conversationId: direct,
  text: clientMsgId,
  createdAt: 1,
  order,
  state: 'waiting',
})

const log = (from: number, to: number): Change => ({
  type: 'log',
  conversationId: direct,
  messages: Array.from({ length: to - from + 1 }, (_, i) => message(from + i)),
  complete: [from, to],
})

/**
 * What every store keeps.
 * @param open A new, empty store.
 * @param again The same one, opened anew; undefined where it does not outlive its object.
 */
export function storeContract(open: () => Promise<ChatStore>, again?: (store: ChatStore) => Promise<ChatStore>): void {
  let store: ChatStore
  beforeEach(async () => {
    store = await open()
    await store.write([{ type: 'signedIn', session }])
  })
  const row = async () => (await store.load()).conversations.find(({ id }) => id === direct)
  const seqNos = async (from: number, to: number, limit: number) =>
    (await store.messages(direct, from, to, limit)).map(({ seqNo }) => seqNo)

  test('The newest messages of a range come in ascending order', async () => {
    await store.write([log(1, 9)])
    expect(await seqNos(2, 7, 3)).toEqual([5, 6, 7])
    expect(await seqNos(1, 99, 100)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await seqNos(10, 20, 5)).toEqual([])
  })

  test('A message written twice is there once', async () => {
    await store.write([log(1, 3)])
    await store.write([log(2, 4)])
    expect(await seqNos(1, 9, 99)).toEqual([1, 2, 3, 4])
    expect((await row())?.unreadCount).toBe(4)
  })

  test('What this version does not know of a message is kept wherever the message is', async () => {
    const newer = { ...message(1), places: [{ width: 1.5 }], coloured: null }
    const item = { ...outgoing('a', 1), places: newer.places }
    await store.write([{ type: 'queued', item }, { type: 'log', conversationId: direct, messages: [newer], complete: [1, 1] }])

    expect(await store.messages(direct, 1, 9, 9)).toEqual([newer])
    expect((await row())?.lastMessage).toEqual(newer)
    expect((await store.load()).outbox).toEqual([item])
  })

  const pinned = (seqNo: number, target: number): Change => ({
    type: 'log',
    conversationId: direct,
    messages: [],
    changes: [{ kind: 'pin', on: true, messageId: `m${seqNo}`, conversationId: direct, seqNo, senderId: 'bob', timestamp: 1, target: { messageId: `m${target}`, seqNo: target } }],
    complete: [seqNo, seqNo],
  })

  test('A change of a message is in the message', async () => {
    await store.write([log(1, 3), pinned(4, 2)])
    await store.write([pinned(5, 3), pinned(6, 9)])
    const state = (seqNo: number, changedSeqNo: number) => ({ ...message(seqNo), pinned: true, changedSeqNo })
    expect(await store.messages(direct, 1, 9, 9)).toEqual([message(1), state(2, 4), state(3, 5)])
    expect(await row()).toMatchObject({ maxSeqNo: 6, complete: [[1, 6]], unreadCount: 3, lastMessage: { seqNo: 3, pinned: true } })
  })

  test('Notices are in the conversation, once, and go with what lies below', async () => {
    const notice = (seqNo: number) => ({ kind: 'notice', messageId: `n${seqNo}`, conversationId: direct, seqNo, senderId: 'bob', timestamp: seqNo, what: 'left', userId: 'bob' }) as unknown as MessageChange
    await store.write([{ type: 'log', conversationId: direct, messages: [message(1)], changes: [notice(3), notice(2)], complete: [1, 3] }])
    await store.write([{ type: 'log', conversationId: direct, messages: [], changes: [notice(3)], complete: [3, 3] }])
    expect((await row())?.notices).toEqual([2, 3].map((seqNo) => ({ messageId: `n${seqNo}`, conversationId: direct, seqNo, senderId: 'bob', timestamp: seqNo, what: 'left', userId: 'bob' })))
    expect(await row()).toMatchObject({ unreadCount: 1, maxSeqNo: 3, complete: [[1, 3]] })
    await store.write([{ type: 'trimmed', conversationId: direct, below: 3 }])
    expect((await row())?.notices).toHaveLength(1)
  })

  test('What expired is deleted, also from what is counted, and what comes meanwhile is looked at again', async () => {
    const at = (seqNo: number, expiresAt: number) => ({ ...message(seqNo), expiresAt })
    await store.write([{ type: 'log', conversationId: direct, messages: [message(1), at(2, 500), at(3, 100)], complete: [1, 3] }])
    expect((await row())?.expiry).toEqual({ next: 100, from: 2 })
    const of = extentOf((await row())!)
    const expired: Change = { type: 'expired', conversationId: direct, seqNos: [3], last: at(2, 500), left: { count: 2, mentions: 0, upTo: 3, above: 0 }, next: { next: 500, from: 2 }, of }
    await store.write([expired])
    await store.write([expired])
    expect((await store.messages(direct, 1, 9, 9)).map(({ seqNo }) => seqNo)).toEqual([1, 2])
    expect(await row()).toMatchObject({ maxSeqNo: 3, complete: [[1, 3]], unreadCount: 2, lastMessage: { seqNo: 2 }, expiry: { next: 500, from: 2 } })

    await store.write([{ type: 'log', conversationId: direct, messages: [at(4, 700)], complete: [4, 4] }, { ...expired, seqNos: [2], last: message(1), next: undefined }])
    expect(await row()).toMatchObject({ unreadCount: 3, lastMessage: { seqNo: 4 }, expiry: { next: 500, from: 2 } })
  })

  test('A message that comes again takes nothing away that is newer', async () => {
    await store.write([log(1, 2), pinned(3, 1), log(1, 2)])
    expect((await store.messages(direct, 1, 1, 1))[0]).toMatchObject({ pinned: true, changedSeqNo: 3 })

    const newest = { ...message(1), text: 'newest', changedSeqNo: 9 }
    await store.write([{ type: 'log', conversationId: direct, messages: [newest], complete: [1, 1] }, pinned(4, 1)])
    expect(await store.messages(direct, 1, 1, 1)).toEqual([newest])
  })

  test('A message of which an earlier change may be missing is not there any more', async () => {
    await store.write([log(1, 3)])
    await store.write([pinned(9, 2)])
    expect(await seqNos(1, 9, 9)).toEqual([1, 3])
    expect((await row())?.complete).toEqual([[1, 1], [3, 3], [9, 9]])
  })

  test('Changes wait in the outbox, and go with the conversation', async () => {
    const change: Change = { type: 'queued', item: { clientMsgId: 'a', conversationId: direct, createdAt: 1, order: 1, state: 'changing', text: '', target: { messageId: 'm1', seqNo: 1 }, change: { kind: 'delete' } } }
    await store.write([log(1, 3), change])
    expect((await store.load()).outbox).toEqual([change.item])
    await store.write([{ type: 'removed', conversationId: direct }])
    expect(await store.load()).toMatchObject({ conversations: [], outbox: [] })
  })

  test('Changes of one write count one after the other', async () => {
    await store.write([log(1, 2), log(5, 6), { type: 'read', conversationId: direct, seqNo: 6, unsent: true }])
    expect(await row()).toMatchObject({ maxSeqNo: 6, readSeqNo: 6, unreadCount: 0, ackedSeqNo: 6, complete: [[1, 2], [5, 6]] })
  })

  test('Two writers at once lose nothing of each other', async () => {
    await Promise.all([store.write([log(1, 3)]), store.write([log(7, 9)]), store.write([log(4, 6)])])
    expect((await row())?.complete).toEqual([[1, 9]])
  })

  test('A sent message leaves the outbox and is in the log', async () => {
    await store.write([{ type: 'queued', item: outgoing('b', 2) }, { type: 'queued', item: outgoing('a', 1) }])
    expect((await store.load()).outbox.map(({ clientMsgId }) => clientMsgId)).toEqual(['a', 'b'])

    await store.write([{ type: 'sent', clientMsgId: 'a', message: { ...message(1, 'alice'), clientMsgId: 'a' } }])
    expect((await store.load()).outbox.map(({ clientMsgId }) => clientMsgId)).toEqual(['b'])
    expect(await seqNos(1, 9, 9)).toEqual([1])
  })

  test('A new epoch drops the log and keeps the outbox', async () => {
    await store.write([log(1, 3), { type: 'queued', item: outgoing('a', 1) }])
    await store.write([{ type: 'epoch', epoch: 'new' }])
    expect(await store.load()).toMatchObject({ epoch: 'new', conversations: [], session, outbox: [{ clientMsgId: 'a' }] })
    expect(await seqNos(1, 9, 9)).toEqual([])
  })

  test('A conversation that was left is gone, and the others stay', async () => {
    const other = 'g:00000000000000000000000000000000'
    await store.write([log(1, 3), { type: 'log', conversationId: other, messages: [message(1, 'bob', other)], complete: [1, 1] }])
    await store.write([{ type: 'removed', conversationId: direct }])
    expect((await store.load()).conversations.map(({ id }) => id)).toEqual([other])
    expect(await seqNos(1, 9, 9)).toEqual([])
    expect(await store.messages(other, 1, 9, 9)).toHaveLength(1)
  })

  test('What waits for a conversation that was left stays as refused, and the conversation for it', async () => {
    await store.write([log(1, 3), { type: 'queued', item: outgoing('a', 1) }, { type: 'queued', item: outgoing('b', 2) }])
    await store.write([{ type: 'removed', conversationId: direct }])
    expect((await store.load()).outbox).toMatchObject([
      { clientMsgId: 'a', state: 'failed', error: { code: 'not_a_member' } },
      { clientMsgId: 'b', state: 'failed', error: { code: 'not_a_member' } },
    ])
    expect(await row()).toMatchObject({ left: true, maxSeqNo: 0, complete: [] })
    expect(await seqNos(1, 9, 9)).toEqual([])

    await store.write([{ type: 'unqueued', clientMsgId: 'a' }, { type: 'unqueued', clientMsgId: 'b' }, { type: 'removed', conversationId: direct }])
    expect(await store.load()).toMatchObject({ conversations: [], outbox: [] })
  })

  test('A conversation that was left and is listed again is whole', async () => {
    await store.write([{ type: 'queued', item: outgoing('a', 1) }, { type: 'removed', conversationId: direct }])
    await store.write([log(4, 4)])
    expect((await row())?.left).toBeUndefined()
    expect((await store.load()).outbox).toMatchObject([{ clientMsgId: 'a', state: 'failed' }])
  })

  describe('Signing out', () => {
    beforeEach(() => store.write([log(1, 3), { type: 'queued', item: outgoing('a', 1) }]))

    test('leaves nothing but the name of the device', async () => {
      await store.write([{ type: 'signedOut', reason: 'signedOut' }])
      expect(await store.load()).toEqual({ deviceId: 'web-1', conversations: [], outbox: [] })
      expect(await seqNos(1, 9, 9)).toEqual([])
    })

    test('by revocation leaves what was written and not sent', async () => {
      await store.write([{ type: 'signedOut', reason: 'revoked' }])
      expect(await store.load()).toMatchObject({ session: undefined, deviceId: undefined, owner: 'alice', conversations: [], outbox: [{ clientMsgId: 'a' }] })
      expect(await seqNos(1, 9, 9)).toEqual([])
    })

    test('by a session’s end keeps what its user will want again', async () => {
      await store.write([{ type: 'signedOut', reason: 'expired' }])
      expect(await store.load()).toMatchObject({ session: undefined, owner: 'alice', outbox: [{ clientMsgId: 'a' }] })
      expect(await seqNos(1, 9, 9)).toEqual([1, 2, 3])
    })
  })

  test('Making room drops messages, and knows that they are missing', async () => {
    await store.write([log(1, 3), { type: 'queued', item: outgoing('a', 1) }])
    await store.makeRoom()
    expect(await row()).toMatchObject({ maxSeqNo: 3, complete: [] })
    expect(await seqNos(1, 9, 9)).toEqual([])
    expect((await store.load()).outbox).toHaveLength(1)
  })

  test('Files are kept by their names, and go when the user signs out', async () => {
    const { files } = store
    await files.put('bytes/a', new Blob(['hello']))
    await files.put('upload/a', { at: 1 })
    await files.put('upload/b', { at: 2 })
    expect(await (await files.get<Blob>('bytes/a'))?.text()).toBe('hello')
    await files.delete(['upload/a', 'nothing'])
    await files.delete([])
    expect(await files.get('upload/a')).toBeUndefined()
    expect((await files.keys()).sort()).toEqual(['bytes/a', 'upload/b'])

    await store.write([{ type: 'signedOut', reason: 'expired' }])
    expect(await files.keys()).toHaveLength(2)
    await store.write([{ type: 'signedOut', reason: 'signedOut' }])
    expect(await files.keys()).toEqual([])
  })

  if (!again) return

  test('What was written is there when it is opened again', async () => {
    await store.write([log(1, 3), { type: 'queued', item: outgoing('a', 1) }, { type: 'epoch', epoch: 'e' }, log(1, 2)])
    store = await again(store)
    expect(await store.load()).toMatchObject({ session, owner: 'alice', deviceId: 'web-1', epoch: 'e', outbox: [{ clientMsgId: 'a' }] })
    expect(await seqNos(1, 9, 9)).toEqual([1, 2])
  })

  test('A write that fails half way leaves nothing', async () => {
    const broken = { ...message(2), conversationId: undefined } as unknown as Message
    const half: Change[] = [{ type: 'queued', item: outgoing('a', 1) }, { type: 'log', conversationId: direct, messages: [message(1), broken] }]
    await expect(store.write(half)).rejects.toThrow()
    expect(await store.load()).toMatchObject({ conversations: [], outbox: [] })
    expect(await seqNos(1, 9, 9)).toEqual([])
  })
}
