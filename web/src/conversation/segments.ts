import type { Message } from '@chat/client'
import { isSameDay } from '../i18n/times'

/** A message and whether it starts a run of the same sender, which shows the sender's name. */
export interface Line {
  readonly message: Message
  readonly startsRun: boolean
  readonly original: Message | undefined
}

/** Messages between two dividers. The divider above is a new day, the first unread message, or both. */
export interface Segment {
  readonly key: string
  readonly day?: number
  readonly unread: boolean
  readonly lines: readonly Line[]
}

/** After a pause this long the same sender starts a new run. */
const runPauseMs = 5 * 60_000

/**
 * @param before the message before the first, if it is known
 * @param unreadFrom the seqNo of the first unread message, above which the divider is shown
 */
export function segmentsOf(
  messages: readonly Message[],
  originals: readonly (Message | undefined)[],
  before: Message | undefined,
  unreadFrom: number | undefined,
): Segment[] {
  const segments: { key: string; day?: number; unread: boolean; lines: Line[] }[] = []
  let previous = before
  messages.forEach((message, at) => {
    const isNewDay = !previous || !isSameDay(previous.timestamp, message.timestamp)
    const isUnread = message.seqNo === unreadFrom
    if (isNewDay || isUnread || segments.length === 0)
      segments.push({
        // A day appears once in a block, so adding older messages above leaves the rest unchanged.
        key: `${new Date(message.timestamp).toDateString()}${unreadFrom !== undefined && message.seqNo >= unreadFrom ? ' unread' : ''}`,
        ...(isNewDay && { day: message.timestamp }),
        unread: isUnread,
        lines: [],
      })
    const startsRun = isNewDay || isUnread || !continuesRun(previous!, message)
    segments.at(-1)!.lines.push({ message, startsRun, original: originals[at] })
    previous = message
  })
  return segments
}

function continuesRun(previous: Message, message: Message): boolean {
  return previous.senderId === message.senderId && message.timestamp - previous.timestamp < runPauseMs
}
