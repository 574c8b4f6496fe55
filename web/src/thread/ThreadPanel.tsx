import './ThreadPanel.css'
import { isGroup, maxMedia, type Message, type Outgoing } from '@chat/client'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useArrivalFocus } from '../app/arrivalFocus'
import { go } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { Composer } from '../conversation/Composer'
import { keepDraft, readDraft } from '../conversation/drafts'
import { MessageItem } from '../conversation/MessageItem'
import { messageActions } from '../conversation/messageActions'
import { OutgoingItem } from '../conversation/OutgoingItem'
import { segmentsOf } from '../conversation/segments'
import { reachedOf } from '../conversation/ticks'
import { useTimeline } from '../conversation/useTimeline'
import { useI18n } from '../i18n/I18n'
import { choose } from '../media/chosen'
import { useViewer } from '../media/parts'
import { save } from '../media/save'
import { useDrop } from '../media/useDrop'
import { lastEditable } from '../message/actions'
import { MessageActions, type Opened } from '../message/MessageActions'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { noThirdPane, useMedia } from '../ui/useMedia'
import { useTask } from '../ui/useTask'
import { placeOfThread, useThread } from './useThread'

/** Beside the conversation: a thread, and a field to write to it, with a draft and files of its own. Give it the root's id as key. */
export function ThreadPanel({ id, rootId }: { id: string; rootId: string }) {
  const { t } = useI18n()
  const client = useClient()
  const heading = useArrivalFocus<HTMLHeadingElement>()
  const me = useChat(chat => chat.session?.userId ?? '')
  const isAlone = useMedia(noThirdPane)
  const timeline = useTimeline(id)
  const { root, messages, hasOlder, loadOlder, task } = useThread(id, rootId, timeline.messages)
  const outgoing = timeline.outgoing.filter(item => item.threadId === rootId)
  const end = useRef<HTMLDivElement>(null)
  const newest = `${messages.at(-1)?.seqNo} ${outgoing.length}`
  useLayoutEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [newest])

  const place = placeOfThread(id, rootId)
  const field = useRef<HTMLTextAreaElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const [opened, setOpened] = useState<Opened>()
  const [viewed, setViewed] = useState<string>()
  const [editing, setEditing] = useState<Message | Outgoing>()
  const [tooMany, setTooMany] = useState(false)
  const viewer = useViewer(viewed !== undefined)
  const doing = useTask({ not_found: t.media.fileGone })

  // After the rendering: while a menu is open, nothing outside it takes the focus.
  const [writes, setWrites] = useState(0)
  useLayoutEffect(() => {
    if (writes > 0) field.current?.focus()
  }, [writes])
  const edit = (message: Message | Outgoing | undefined) => {
    setEditing(message)
    setWrites(before => before + 1)
  }
  const reply = ({ messageId }: Message) => {
    keepDraft(me, place, { ...readDraft(me, place), replyTo: messageId })
    edit(undefined)
  }
  const attach = (files: readonly File[]) => {
    if (files.length > 0) setTooMany(!choose(place, files))
  }
  const drop = useDrop(attach)

  const reached = reachedOf(messages.filter(({ senderId }) => senderId === me), message => timeline.receiptOf(message))
  const shown = root ? [root, ...messages] : messages
  const originals = shown.map(({ replyTo }) => (replyTo === undefined ? undefined : shown.find(one => one.messageId === replyTo)))
  const listeners = messageActions({
    find: seqNo => shown.find(one => one.seqNo === seqNo),
    findOutgoing: clientMsgId => outgoing.find(item => item.clientMsgId === clientMsgId),
    onReply: reply,
    onOriginal: messageId => {
      const seqNo = shown.find(one => one.messageId === messageId)?.seqNo
      scroller.current?.querySelector(`[data-seq="${seqNo}"]`)?.scrollIntoView({ block: 'center' })
    },
    onView: media => setViewed(media.mediaId),
    onSave: media => void doing.run(() => save(client, media)),
    onReact: (message, emoji) => void doing.run(() => client.react(message, emoji)),
    onOpen: setOpened,
  })
  const item = (line: Parameters<typeof MessageItem>[0]['line']) => (
    <MessageItem key={line.message.seqNo} line={line} me={me} isGroup={isGroup(id)} reached={reached} within="thread" />
  )
  return (
    <div class="details page thread" role={isAlone ? 'main' : 'complementary'} aria-label={t.thread.title} {...(root && drop.handlers)}>
      <div class="bar">
        <h2 ref={heading} tabIndex={-1} aria-level={isAlone ? 1 : 2}>
          {t.thread.title}
        </h2>
        <button type="button" class="icon-button" aria-label={t.thread.close} onClick={() => go({ view: 'conversation', id })}>
          <Icon name="close" />
        </button>
      </div>
      <div ref={scroller} class="thread-messages" tabIndex={0} role="region" aria-label={t.thread.messages} {...listeners}>
        {hasOlder && (
          <button type="button" class="button plain" disabled={task.running} onClick={loadOlder}>
            {t.thread.older}
          </button>
        )}
        <Problem text={task.problem} />
        <ol>{segmentsOf(shown, originals, undefined, undefined).flatMap(({ lines }) => lines.filter(line => 'message' in line).map(item))}</ol>
        {root && messages.length + outgoing.length === 0 && !task.running && <p class="hint">{t.thread.none}</p>}
        {outgoing.length > 0 && (
          <ol>
            {outgoing.map((one, at) => (
              <OutgoingItem key={one.clientMsgId} item={one} startsRun={at === 0 && messages.at(-1)?.senderId !== me} />
            ))}
          </ol>
        )}
        <div ref={end} />
      </div>
      <Problem text={doing.problem} />
      <MessageActions timeline={timeline} me={me} canChange within="thread" tellsRefused={isAlone} opened={opened} onOpen={setOpened} onReply={reply} onEdit={edit} />
      {viewed !== undefined && viewer && <viewer.Viewer items={viewer.viewable(shown)} start={viewed} me={me} onClose={() => setViewed(undefined)} />}
      {root && (
        <Composer
          id={id}
          place={place}
          me={me}
          label={t.thread.write}
          placeholder={t.thread.placeholder}
          field={field}
          original={messageId => shown.find(one => one.messageId === messageId)}
          editing={editing}
          onEdit={edit}
          onEditLast={() => edit(lastEditable(messages, outgoing, me, true))}
          problem={tooMany ? t.media.tooMany(maxMedia) : undefined}
          onAttach={files => {
            attach(files)
            field.current?.focus()
          }}
          onSend={async (content, files) => {
            await client.send(id, { ...content, threadId: root.messageId, threadSeqNo: root.seqNo }, { files })
          }}
        />
      )}
      {drop.isOver && <p class="drop-here">{t.media.dropHere}</p>}
    </div>
  )
}
