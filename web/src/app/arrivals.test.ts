import type { Change, Conversation } from '@chat/client'
import { expect, test } from 'vitest'
import { messages } from '../conversation/testing'
import { watchArrivals } from './arrivals'

/** A page of user b that has just caught up and knows nothing yet; `tell` puts conversations and says what brought them. */
function newDevice() {
  const arrived: string[] = []
  let listener: (changes: readonly Change[]) => void = () => {}
  const client = {
    connection: { status: 'online' as const, caughtUp: true },
    conversations: [] as Conversation[],
    session: { userId: 'b' } as never,
    subscribe: (one: typeof listener) => ((listener = one), () => {}),
  }
  watchArrivals(client, message => arrived.push(message.text))
  const tell = (id: string, lastSeqNo: number, changes: Change[]) => {
    const conversation = { id, readSeqNo: 0, lastMessage: messages([lastSeqNo])[0] } as Conversation
    client.conversations = [...client.conversations.filter(one => one.id !== id), conversation]
    listener(changes)
  }
  return { arrived, tell }
}

const listed = (conversationId: string): Change => ({ type: 'listed', summary: { conversationId } as never, activity: 0 })
const log = (conversationId: string): Change => ({ type: 'log', conversationId, messages: [] })

test('what the first list shows was there before; what comes after it is new', () => {
  const { arrived, tell } = newDevice()

  tell('g:1', 7, [listed('g:1')])
  tell('g:1', 8, [log('g:1')])
  tell('g:1', 9, [listed('g:1')])

  expect(arrived).toEqual(['text 8', 'text 9'])
})

test('the first message of somebody who never wrote is new', () => {
  const { arrived, tell } = newDevice()

  tell('dm:a:b', 1, [log('dm:a:b')])

  expect(arrived).toEqual(['text 1'])
})

test('after a loss of data everything is listed anew, and nothing of it is new', () => {
  const { arrived, tell } = newDevice()
  tell('g:1', 7, [listed('g:1')])

  tell('g:1', 3, [{ type: 'epoch', epoch: 'e2' }, listed('g:1')])
  tell('g:1', 4, [log('g:1')])

  expect(arrived).toEqual(['text 4'])
})
