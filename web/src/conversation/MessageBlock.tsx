import { useI18n } from '../i18n/I18n'
import { heightOf } from '../media/layout'
import { memo } from '../ui/memo'
import type { Block } from './blocks'
import { MessageItem } from './MessageItem'
import { NoticeItem } from './NoticeItem'
import { segmentsOf } from './segments'

interface Props {
  block: Block
  me: string
  isGroup: boolean
  /** Both clamped to the block, so that a receipt renders only the blocks again in which a tick changes. */
  delivered: number
  read: number
  /** The seqNo below the divider, if it is in this block. */
  unreadFrom: number | undefined
  /** A time of today: what "Yesterday" means changes at midnight. */
  today: number
}

/** Estimated heights, until the browser has laid out the block. */
const messageHeight = 52
const noticeHeight = 30

export const MessageBlock = memo(({ block, me, isGroup, delivered, read, unreadFrom, today }: Props) => {
  const { t, times } = useI18n()
  const segments = segmentsOf(block.messages, block.originals, block.before, unreadFrom, block.notices)
  return (
    <div class="block" style={{ containIntrinsicBlockSize: `auto ${block.messages.reduce((sum, { media }) => sum + messageHeight + (media ? heightOf(media) : 0), block.notices.length * noticeHeight)}px` }}>
      {segments.map(segment => (
        <div key={segment.key} class="segment">
          {segment.day !== undefined && <h2 class="day">{times.dayMark(segment.day, today)}</h2>}
          {segment.unread && (
            <h2 class="unread-divider" data-unread>
              <span>{t.conversation.unread}</span>
            </h2>
          )}
          <ol>
            {segment.lines.map(line =>
              'notice' in line ? (
                <NoticeItem key={line.notice.seqNo} notice={line.notice} me={me} />
              ) : (
                <MessageItem key={line.message.seqNo} line={line} me={me} isGroup={isGroup} reached={{ delivered, read }} />
              ),
            )}
          </ol>
        </div>
      ))}
    </div>
  )
})
