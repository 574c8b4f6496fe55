import type { Message, Outgoing } from '@chat/client'
import { describe, expect, test } from 'vitest'
import { messages } from '../conversation/testing'
import { actionsOf, lastEditable } from './actions'

const [message] = messages([1]) as [Message]
const waiting: Outgoing = { clientMsgId: 'c', conversationId: 'dm:a:b', text: 'x', createdAt: 1, order: 1, state: 'waiting' }
const who = { me: 'a', mayDelete: false, canChange: true }

describe('what the menu offers', () => {
  test('of an own message everything', () => {
    expect(actionsOf(message, who)).toEqual(['reply', 'thread', 'edit', 'copy', 'forward', 'pin', 'info', 'delete'])
  })

  test('of others’ messages no edit, and a deletion to those who may', () => {
    expect(actionsOf(message, { ...who, me: 'b' })).toEqual(['reply', 'thread', 'copy', 'forward', 'pin', 'info'])
    expect(actionsOf(message, { ...who, me: 'b', mayDelete: true })).toContain('delete')
  })

  test('by its state: what is pinned can be unpinned, who reacted be looked at, what has no text not be copied', () => {
    const reactions = [{ emoji: '👍', count: 1, userIds: ['b'] }]
    expect(actionsOf({ ...message, pinned: true, reactions, text: '' }, who)).toEqual(['reply', 'thread', 'edit', 'forward', 'unpin', 'reactions', 'info', 'delete'])
  })

  test('nothing that the server cannot do', () => {
    expect(actionsOf(message, { ...who, mayDelete: true, canChange: false })).toEqual(['reply', 'copy', 'forward', 'info'])
  })

  test('nothing of a deleted message, and what the outbox can of one that waits', () => {
    expect(actionsOf({ ...message, text: '', deleted: { by: 'a', at: 1 } }, who)).toEqual([])
    expect(actionsOf(waiting, { ...who, canChange: false })).toEqual(['edit', 'copy', 'delete'])
  })
})

describe('the arrow key up', () => {
  const all = messages([1, 2, 3, 4])

  test('takes the last own message that is not deleted', () => {
    const mine = [all[0]!, { ...all[1]!, text: 'last' }, { ...all[2]!, deleted: { by: 'a', at: 1 } }, { ...all[3]!, senderId: 'b' }]
    expect(lastEditable(mine, [], 'a', true)).toMatchObject({ text: 'last' })
    expect(lastEditable(mine, [], 'a', false)).toBeUndefined()
    expect(lastEditable(mine, [], 'c', true)).toBeUndefined()
  })

  test('takes what waits first, whatever the server can', () => {
    expect(lastEditable(all, [waiting], 'a', false)).toBe(waiting)
  })
})
