import type { Message } from '@chat/client'

/** Messages with the given seqNos, a minute apart, for tests. */
export function messages(seqNos: readonly number[], change: Partial<Message> = {}): Message[] {
  const start = new Date(2026, 4, 4, 9, 0).getTime()
  return seqNos.map(seqNo => ({
    messageId: `m${seqNo}`,
    conversationId: 'dm:a:b',
    seqNo,
    senderId: 'a',
    text: `text ${seqNo}`,
    timestamp: start + seqNo * 60_000,
    ...change,
  }))
}

export const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, at) => from + at)
