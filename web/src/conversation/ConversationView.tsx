import './ConversationView.css'
import { isGroup, maxMedia, type FileToSend, type Message, type MessageContent, type Outgoing } from '@chat/client'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { nameOf } from '../conversations/names'
import { useI18n } from '../i18n/I18n'
import { choose } from '../media/chosen'
import { lastEditable } from '../message/actions'
import { usePins } from '../message/support'
import { useDrop } from '../media/useDrop'
import { Composer } from './Composer'
import { ConversationHeader } from './ConversationHeader'
import { keepDraft, readDraft } from './drafts'
import { Gone } from './Gone'
import { MessageList } from './MessageList'
import type { ScrollPlace } from './ScrollPlace'
import { TypingLine } from './TypingLine'
import { useAttentive } from './useAttentive'
import { useIsGone } from './useIsGone'
import { useTimeline } from './useTimeline'
import { useUnreadMark } from './useUnreadMark'

/** One conversation. Give it the id as key: another conversation is another view. */
export function ConversationView({ id, beside }: { id: string; beside: 'details' | 'media' | undefined }) {
  const { t } = useI18n()
  const client = useClient()
  const me = useChat(chat => chat.session?.userId ?? '')
  const name = useChat(chat => nameOf(chat, id, t))
  const timeline = useTimeline(id)
  const isGone = useIsGone(timeline)
  const mark = useUnreadMark(id, me, useAttentive())
  const place = useRef<ScrollPlace>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const [problem, setProblem] = useState<string>()
  const [editing, setEditing] = useState<Message | Outgoing>()
  const pinned = usePins(id)

  // After the rendering: while the menu in which it was chosen is open, nothing outside takes the focus.
  const [writes, setWrites] = useState(0)
  useLayoutEffect(() => {
    if (writes > 0) field.current?.focus()
  }, [writes])
  const write = () => setWrites(before => before + 1)

  const edit = (message: Message | Outgoing | undefined) => {
    setEditing(message)
    write()
  }

  const reply = (message: Message) => {
    setEditing(undefined)
    keepDraft(me, id, { ...readDraft(me, id), replyTo: message.messageId })
    write()
  }

  const send = async (content: MessageContent, files: readonly FileToSend[]) => {
    await client.send(id, content, { files })
    mark.clear()
    place.current?.toEnd()
  }

  const attach = (files: readonly File[]) => {
    if (files.length === 0) return
    setProblem(choose(id, files) ? undefined : t.media.tooMany(maxMedia))
    field.current?.focus()
  }
  const drop = useDrop(attach)

  if (isGone) return <Gone />
  return (
    <section class="conversation" aria-label={name} {...drop.handlers}>
      <ConversationHeader id={id} name={name} beside={beside} />
      <MessageList place={place} timeline={timeline} me={me} isGroup={isGroup(id)} name={name} mark={mark} pinned={pinned} onReply={reply} onEdit={edit} />
      <TypingLine id={id} />
      <Composer
        id={id}
        me={me}
        label={t.composer.label(name)}
        placeholder={t.composer.placeholder}
        field={field}
        original={messageId => timeline.messages.find(message => message.messageId === messageId)}
        problem={problem}
        editing={editing}
        onEdit={edit}
        onEditLast={() => edit(lastEditable(timeline.messages, timeline.outgoing, me, pinned.canChange))}
        onAttach={attach}
        onSend={send}
      />
      {drop.isOver && <p class="drop-here">{t.media.dropHere}</p>}
    </section>
  )
}
