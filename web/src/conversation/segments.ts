import type { Message, Notice } from '@chat/client'
import { isSameDay } from '../i18n/times'

/** A message and whether it starts a run of the same sender, which shows the sender's name. */
export interface Line {
  readonly message: Message
  readonly startsRun: boolean
  readonly original: Message | undefined
}

/** What happened to the group, between the messages. */
export interface NoticeLine {
  readonly notice: Notice
}

/** Messages between two dividers. The divider above is a new day, the first unread message, or both. */
export interface Segment {
  readonly key: string
  readonly day?: number
  readonly unread: boolean
  readonly lines: readonly (Line | NoticeLine)[]
}

/** After a pause this long the same sender starts a new run. */
const runPauseMs = 5 * 60_000

/**
 * @param before what stands before the first, if it is known
 * @param unreadFrom the seqNo of the first unread message, above which the divider is shown
 */
export function segmentsOf(
  messages: readonly Message[],
  originals: readonly (Message | undefined)[],
  before: Message | Notice | undefined,
  unreadFrom: number | undefined,
  notices: readonly Notice[] = [],
): Segment[] {
  const segments: { key: string; day?: number; unread: boolean; lines: (Line | NoticeLine)[] }[] = []
  let previous = before
  const add = (entry: Message | Notice, line: (startsRun: boolean) => Line | NoticeLine) => {
    const isNewDay = !previous || !isSameDay(previous.timestamp, entry.timestamp)
    const isUnread = entry.seqNo === unreadFrom
    if (isNewDay || isUnread || segments.length === 0)
      segments.push({
        // A day appears once in a block, so adding older messages above leaves the rest unchanged.
        key: `${new Date(entry.timestamp).toDateString()}${unreadFrom !== undefined && entry.seqNo >= unreadFrom ? ' unread' : ''}`,
        ...(isNewDay && { day: entry.timestamp }),
        unread: isUnread,
        lines: [],
      })
    segments.at(-1)!.lines.push(line(isNewDay || isUnread || !continuesRun(previous!, entry)))
    previous = entry
  }

  let told = 0
  messages.forEach((message, at) => {
    for (; told < notices.length && notices[told]!.seqNo < message.seqNo; told++) addNotice(notices[told]!)
    add(message, startsRun => ({ message, startsRun, original: originals[at] }))
  })
  for (; told < notices.length; told++) addNotice(notices[told]!)
  return segments

  function addNotice(notice: Notice) {
    add(notice, () => ({ notice }))
  }
}

function continuesRun(previous: Message | Notice, entry: Message | Notice): boolean {
  return !('what' in previous) && previous.senderId === entry.senderId && entry.timestamp - previous.timestamp < runPauseMs
}
