import type { Conversation, Message } from '@chat/client'
import { beforeEach, expect, test, vi } from 'vitest'
import { en } from '../i18n/en'
import { Notices } from './notices'

const id = 'dm:anna:bob'
const message = (seqNo: number): Message => ({ messageId: `m${seqNo}`, conversationId: id, seqNo, senderId: 'bob', text: 'x', timestamp: seqNo })
const closed: string[] = []
beforeEach(() => {
  closed.length = 0
  vi.stubGlobal(
    'Notification',
    class {
      readonly title: string
      constructor(title: string) {
        this.title = title
      }
      close() {
        closed.push(this.title)
      }
    },
  )
})

test('A notification goes with its message: when that has expired, and not with another one', async () => {
  const notices = new Notices()
  await notices.show('bob', 'hello', message(5), en, () => {})
  notices.gone(id, [3, 4])
  notices.gone('dm:anna:carol', [5])
  expect(closed).toEqual([])
  notices.gone(id, [4, 5])
  notices.gone(id, [5])
  expect(closed).toEqual(['bob'])
})

test('It goes when its message was read', async () => {
  const notices = new Notices()
  await notices.show('bob', 'hello', message(5), en, () => {})
  notices.tidy(() => ({ readSeqNo: 4 }) as Conversation)
  expect(closed).toEqual([])
  notices.tidy(() => ({ readSeqNo: 5 }) as Conversation)
  expect(closed).toEqual(['bob'])
})
