import './MessageList.css'
import type { Message, Outgoing, Timeline } from '@chat/client'
import { useMemo, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { useViewer } from '../media/parts'
import { save } from '../media/save'
import { MessageActions, type Opened } from '../message/MessageActions'
import { PinnedBar } from '../message/PinnedBar'
import type { usePins } from '../message/support'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { useNow } from '../ui/useNow'
import { useTask } from '../ui/useTask'
import { Blocks, rangeOf } from './blocks'
import { Beginning } from './Beginning'
import { MessageBlock } from './MessageBlock'
import { useCopying } from './copying'
import { messageActions } from './messageActions'
import { OutgoingItem } from './OutgoingItem'
import { lastVisibleSeqNo, ScrollPlace } from './ScrollPlace'
import { clampTo, reachedOf } from './ticks'
import { useJumps } from './useJumps'
import { usePendingMentions } from './usePendingMentions'
import { isAttentive } from './useAttentive'
import type { useUnreadMark } from './useUnreadMark'

interface Props {
  place: { current: ScrollPlace | null }
  timeline: Timeline
  me: string
  isGroup: boolean
  name: string
  mark: ReturnType<typeof useUnreadMark>
  pinned: ReturnType<typeof usePins>
  onReply(message: Message): void
  onEdit(message: Message | Outgoing): void
}

/** The messages of a conversation, from the oldest that is loaded to the outbox entries. */
export function MessageList({ place, timeline, me, isGroup, name, mark, pinned, onReply, onEdit }: Props) {
  const { t, times } = useI18n()
  const client = useClient()
  const conversation = useChat(chat => chat.findConversation(timeline.conversationId))
  const [atEnd, setAtEnd] = useState(true)
  // The mark whose divider was on screen.
  const [seenMark, setSeenMark] = useState<number>()
  const [blocks] = useState(() => new Blocks())
  const today = useToday()
  const jumps = useJumps(timeline, blocks, place)
  const mentions = usePendingMentions(conversation, me)
  const [opened, setOpened] = useState<Opened>()
  const [viewed, setViewed] = useState<string>()
  const changing = useTask()
  const saving = useTask({ not_found: t.media.fileGone })
  const viewer = useViewer(viewed !== undefined)

  const { messages, notices, outgoing } = timeline
  const find = (seqNo: number) => messages.find(message => message.seqNo === seqNo)
  useCopying(
    () => place.current?.scroller.current,
    item => `[${times.stamp(Date.parse(item.querySelector('time')!.dateTime))}] ${find(Number(item.dataset['seq']))?.senderId ?? me}`,
  )
  const drawn = useMemo(() => blocks.update(messages, notices), [messages, notices])
  const own = useMemo(() => messages.filter(message => message.senderId === me), [messages, me])
  const reached = reachedOf(own, message => timeline.receiptOf(message))
  const firstUnread = mark.firstUnread(messages, timeline.hasOlder)
  const unread = conversation?.unreadCount ?? 0
  const isEmpty = messages.length === 0 && outgoing.length === 0
  const offersUnread = mark.readBefore !== undefined && mark.readBefore !== seenMark && messages.length > 0

  const moved = ({ atEnd }: { atEnd: boolean }) => {
    setAtEnd(atEnd)
    const scroller = place.current!.scroller.current!
    if (offersUnread && isOnScreen(scroller.querySelector('[data-unread]'), scroller)) setSeenMark(mark.readBefore)
    const mention = mentions.next(messages)
    if (mention && isOnScreen(scroller.querySelector(`li[data-seq="${mention.seqNo}"]`), scroller)) mentions.seen(mention.seqNo)
    const now = client.findConversation(timeline.conversationId)
    if (!now || now.unreadCount === 0 || !isAttentive()) return
    const seen = atEnd ? messages.at(-1)?.seqNo : lastVisibleSeqNo(scroller)
    // The bar shows that storage fails; it is marked again later.
    if (seen !== undefined && seen > now.readSeqNo) client.markRead(now.id, seen).catch(() => undefined)
  }

  const open = () => {
    const divider = place.current!.scroller.current!.querySelector('[data-unread]')
    if (!divider) return false
    place.current!.show(divider)
    return true
  }

  const listeners = messageActions({
    find,
    findOutgoing: clientMsgId => outgoing.find(item => item.clientMsgId === clientMsgId),
    onReply,
    onOriginal: jumps.toMessage,
    onView: media => setViewed(media.mediaId),
    onSave: media => void saving.run(() => save(client, media)),
    onReact: (message, emoji) => void changing.run(() => client.react(message, emoji)),
    onOpen: setOpened,
  })
  const newestLabel = unread > 0 ? `${t.conversation.jumpToNewest}, ${t.conversation.newBelow(unread)}` : t.conversation.jumpToNewest

  return (
    <>
      <PinnedBar pins={pinned.pins} me={me} onJump={jumps.toMessage} />
      <div class="messages-place">
        <ScrollPlace
          handle={place}
          label={t.conversation.messages}
          hasContent={!isEmpty || notices.length > 0}
          onOpen={open}
          onNearStart={() => {
            if (timeline.hasOlder && !timeline.loading && !timeline.error) void timeline.loadOlder()
          }}
          onMoved={moved}
          listeners={listeners}
        >
          <Beginning timeline={timeline} isEmpty={isEmpty} isGroup={isGroup} name={name} />
          {drawn.map(block => {
            const [first, last] = rangeOf(block)
            const holdsUnread = firstUnread !== undefined && firstUnread >= first && firstUnread <= last
            return (
              <MessageBlock
                key={block.key}
                block={block}
                me={me}
                isGroup={isGroup}
                delivered={clampTo(reached.delivered, first, last)}
                read={clampTo(reached.read, first, last)}
                unreadFrom={holdsUnread ? firstUnread : undefined}
                today={today}
              />
            )
          })}
          {outgoing.length > 0 && (
            <ol>
              {outgoing.map((item, at) => (
                <OutgoingItem key={item.clientMsgId} item={item} startsRun={at === 0 && messages.at(-1)?.senderId !== me} />
              ))}
            </ol>
          )}
        </ScrollPlace>
        {offersUnread && (
          <button type="button" class="jump first-unread" onClick={() => jumps.toUnread(mark.readBefore!)}>
            <Icon name="up" />
            {t.conversation.jumpToUnread}
          </button>
        )}
        {mentions.count > 0 && (
          <button type="button" class="jump mention" aria-label={t.mentions.jump} title={t.mentions.jump} onClick={() => void jumps.toMention(me, mentions.after).then(seqNo => (seqNo !== undefined || !timeline.error) && mentions.seen(seqNo))}>
            <Icon name="at" />
          </button>
        )}
        <div class="messages-problem">
          <Problem text={saving.problem ?? changing.problem} />
        </div>
        <MessageActions timeline={timeline} me={me} canChange={pinned.canChange} opened={opened} onOpen={setOpened} onReply={onReply} onEdit={onEdit} />
        {viewed !== undefined && viewer && <viewer.Viewer items={viewer.viewable(messages)} start={viewed} me={me} onClose={() => setViewed(undefined)} />}
        {!atEnd && (
          <button type="button" class="jump newest" aria-label={newestLabel} onClick={() => place.current?.toEnd()}>
            <Icon name="down" />
            {unread > 0 && <span class="badge">{conversation?.unreadCapped ? `${unread}+` : unread}</span>}
          </button>
        )}
      </div>
    </>
  )
}

/** A moment of today, another one only after midnight. */
function useToday(): number {
  return new Date(useNow()).setHours(0, 0, 0, 0)
}

function isOnScreen(element: Element | null, scroller: Element): boolean {
  if (!element) return false
  const [own, frame] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()]
  return own.bottom > frame.top && own.top < frame.bottom
}
