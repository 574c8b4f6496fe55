import { isMuted, isNoteToSelf, type Conversation } from '@chat/client'
import { hashOf } from '../app/routes'
import { useChat } from '../app/useChat'
import { useDraft } from '../conversation/drafts'
import { useI18n } from '../i18n/I18n'
import { lineOf } from '../media/kinds'
import { Avatar } from '../ui/Avatar'
import { Icon } from '../ui/icons'
import { memo } from '../ui/memo'
import { nameIn } from './names'

interface Props {
  conversation: Conversation
  isCurrent: boolean
  isReachable: boolean
  now: number
}

export const ConversationRow = memo(({ conversation, isCurrent, isReachable, now }: Props) => {
  const { t, times } = useI18n()
  const { id, peer, kind, lastMessage, unreadCount, unreadCapped, unreadMentions, pinned, markedUnread } = conversation
  const online = useChat(client => (!isNoteToSelf(id) && peer !== undefined && client.presenceOf(peer)?.online) ?? false)
  const name = nameIn(conversation, t)
  const muted = isMuted(conversation, now)

  return (
    <li>
      <a class="row" href={hashOf({ view: 'conversation', id })} aria-current={isCurrent ? 'page' : undefined} tabIndex={isReachable ? 0 : -1} data-id={id}>
        <Avatar name={name} group={kind === 'group'} online={online} />
        <span class="row-name">
          <span>{name}</span>
          {online && <span class="unseen">{t.list.online}</span>}
        </span>
        {lastMessage && <time class="row-time">{times.short(lastMessage.timestamp, now)}</time>}
        <span class="row-preview">
          <Preview conversation={conversation} isCurrent={isCurrent} />
        </span>
        <span class="row-marks">
          <OutgoingMark conversation={conversation} />
          {pinned && (
            <span class="row-mark" role="img" aria-label={t.list.pinned}>
              <Icon name="pin" />
            </span>
          )}
          {muted && (
            <span class="row-mark" role="img" aria-label={t.mute.muted}>
              <Icon name="bellOff" />
            </span>
          )}
          {unreadMentions > 0 && (
            <span class="row-mark mentioned" role="img" aria-label={t.list.mentions(unreadMentions)} title={t.list.mentions(unreadMentions)}>
              <Icon name="at" />
            </span>
          )}
          {unreadCount === 0 && markedUnread && (
            <span class={muted ? 'badge marked muted' : 'badge marked'}>
              <span class="unseen">{t.list.markedUnread}</span>
            </span>
          )}
          {unreadCount > 0 && (
            <span class={muted ? 'badge muted' : 'badge'}>
              <span aria-hidden="true">{unreadCapped ? `${unreadCount}+` : unreadCount}</span>
              <span class="unseen">{unreadCapped ? t.list.unreadCapped(unreadCount) : t.list.unread(unreadCount)}</span>
            </span>
          )}
        </span>
      </a>
    </li>
  )
})

/** One line: who is typing, else the draft, else the last message. */
function Preview({ conversation, isCurrent }: { conversation: Conversation; isCurrent: boolean }) {
  const { t } = useI18n()
  const me = useChat(client => client.session?.userId)
  const draft = useDraft(conversation.id)
  const { kind, typing, lastMessage } = conversation

  if (typing[0]) return <span class="row-typing">{kind === 'group' ? t.list.typingWho(typing[0]) : t.list.typing}</span>
  if (draft.text.trim() && !isCurrent)
    return (
      <>
        <span class="row-draft">{t.list.draft}</span> {firstLine(draft.text)}
      </>
    )
  if (!lastMessage) return <>{t.list.nothingYet}</>
  const who = lastMessage.senderId === me ? t.you : kind === 'group' ? lastMessage.senderId : undefined
  const line = firstLine(lineOf(lastMessage, t))
  return <>{who ? `${who}: ${line}` : line}</>
}

function OutgoingMark({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n()
  const states = conversation.outgoing.map(item => item.state)
  if (states.length === 0) return null
  const failed = states.includes('failed')
  return (
    <span class={failed ? 'row-mark failed' : 'row-mark'} role="img" aria-label={failed ? t.list.failed : t.list.waiting}>
      <Icon name={failed ? 'warning' : 'clock'} />
    </span>
  )
}

/** Enough for a line; the rest of a long message need not be laid out. */
function firstLine(text: string): string {
  return text.trimStart().slice(0, 160).replace(/\s+/g, ' ')
}
