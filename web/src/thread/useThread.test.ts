import type { Message } from '@chat/client'
import { expect, test } from 'vitest'
import { merged } from './useThread'

const message = (seqNo: number, more: Partial<Message> = {}): Message => ({ messageId: `m${seqNo}`, conversationId: 'g:1', seqNo, senderId: 'bob', text: 'x', timestamp: seqNo, ...more })

test('Of each message the newest state is shown, in the order of the log', () => {
  const edited = message(2, { text: 'edited', changedSeqNo: 9 })
  expect(merged([message(3), edited], [message(2), message(1)]).map(({ seqNo, text }) => `${seqNo} ${text}`)).toEqual(['1 x', '2 edited', '3 x'])
})
