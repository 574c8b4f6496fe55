import './Message.css'
import './Mentioned.css'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'
import { lineOf } from '../media/kinds'
import { MediaSlot } from '../media/MediaSlot'
import { Icon } from '../ui/icons'
import { Reactions } from '../message/Reactions'
import { MessageText } from './MessageText'
import type { Line } from './segments'
import { TickMark } from './TickMark'
import { TimerMark } from '../timer/TimerMark'
import { tickAt, type Reached } from './ticks'

/**
 * One message. Its buttons have no handlers of their own: the list has one for all of them (messageActions), so that thousands of messages are
 * cheap.
 */
export function MessageItem({ line, me, isGroup, reached, within }: { line: Line; me: string; isGroup: boolean; reached: Reached; within?: 'thread' }) {
  const { t, times } = useI18n()
  const { message, startsRun, original } = line
  const isOwn = message.senderId === me
  const who = isOwn ? t.you : message.senderId
  const showsSender = isGroup && !isOwn

  return (
    <li class={`message ${isOwn ? 'own' : 'other'} ${startsRun ? 'starts-run' : ''}`} data-seq={message.seqNo} tabIndex={-1}>
      {showsSender && (startsRun ? <Avatar name={message.senderId} size="small" /> : <span class="avatar-space" />)}
      <div class="bubble">
        <p class={showsSender && startsRun ? 'message-sender' : 'unseen'}>{who}</p>
        {message.deleted && (
          <p class="message-deleted">
            <Icon name="blocked" />
            {message.deleted.by === me ? t.message.deletedOwn : message.deleted.by === message.senderId ? t.message.deleted : t.message.deletedBy(message.deleted.by)}
          </p>
        )}
        {message.forwarded && (
          <p class="message-forwarded">
            <Icon name="pass" />
            {t.message.forwarded}
          </p>
        )}
        {message.threadId !== undefined && !within && (
          <button type="button" class="message-in-thread" data-action="thread" tabIndex={-1} title={t.thread.openIts} aria-keyshortcuts="T">
            <Icon name="thread" />
            {t.thread.within}
          </button>
        )}
        {message.replyTo && (
          <button type="button" class="quote" data-action="original" tabIndex={-1} title={t.conversation.original} aria-keyshortcuts="O">
            {original ? (
              <>
                <span class="quote-who">{original.senderId === me ? t.you : original.senderId}</span>
                <span class="quote-text" dir="auto">{lineOf(original, t).slice(0, 200)}</span>
              </>
            ) : (
              <span class="quote-text">{t.conversation.originalMissing}</span>
            )}
          </button>
        )}
        {message.media && <MediaSlot media={message.media} who={who} />}
        <MessageText text={message.text} mentions={message.mentions}>
          <span class="message-meta" dir="ltr">
            {message.pinned && (
              <span class="message-pinned" role="img" aria-label={t.message.pinned} title={t.message.pinned}>
                <Icon name="pin" />
              </span>
            )}
            {message.expiresAt !== undefined && <TimerMark at={message.expiresAt} />}
            {message.editedAt !== undefined && (
              <button type="button" class="message-edited" data-action="edits" tabIndex={-1} title={t.message.earlier}>
                {message.concurrent ? t.message.editedTwice : t.message.edited}
              </button>
            )}
            <time dateTime={new Date(message.timestamp).toISOString()} title={times.full(message.timestamp)}>
              {times.clock(message.timestamp)}
            </time>
            {isOwn && <TickMark tick={tickAt(message.seqNo, reached)} />}
          </span>
        </MessageText>
        {message.thread && !within && (
          <button type="button" class="message-thread" data-action="thread" tabIndex={-1} title={t.thread.open(message.thread.count)} aria-keyshortcuts="T">
            <Icon name="thread" />
            {t.thread.answers(message.thread.count)}
          </button>
        )}
        {message.reactions && <Reactions reactions={message.reactions} me={me} />}
      </div>
      {!message.deleted && !within && (
        <span class="message-tools">
          <button type="button" class="icon-button message-reply" data-action="reply" tabIndex={-1} aria-label={t.conversation.replyTo(who)} aria-keyshortcuts="R">
            <Icon name="reply" />
          </button>
          <button type="button" class="icon-button message-more" data-action="menu" tabIndex={-1} aria-label={isOwn ? t.message.menuOwn : t.message.menu(who)} aria-haspopup="dialog" aria-keyshortcuts="M">
            <Icon name="more" />
          </button>
        </span>
      )}
    </li>
  )
}
