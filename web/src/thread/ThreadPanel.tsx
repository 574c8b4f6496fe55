import './ThreadPanel.css'
import { isAsNew, isGroup, type Message } from '@chat/client'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useArrivalFocus } from '../app/arrivalFocus'
import { go } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { MessageItem } from '../conversation/MessageItem'
import { segmentsOf } from '../conversation/segments'
import { reachedOf } from '../conversation/ticks'
import { useTimeline } from '../conversation/useTimeline'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { noThirdPane, useMedia } from '../ui/useMedia'
import { useTask } from '../ui/useTask'
import { ThreadComposer } from './ThreadComposer'

/** Beside the conversation: a thread, and a field to write to it. Give it the root's id as key. */
export function ThreadPanel({ id, rootId }: { id: string; rootId: string }) {
  const { t } = useI18n()
  const heading = useArrivalFocus<HTMLHeadingElement>()
  const me = useChat(chat => chat.session?.userId ?? '')
  const isAlone = useMedia(noThirdPane)
  const timeline = useTimeline(id)
  const { root, messages, hasOlder, loadOlder, task } = useThread(id, rootId, timeline.messages)
  const outgoing = timeline.outgoing.filter(item => item.threadId === rootId)
  const end = useRef<HTMLDivElement>(null)
  const newest = `${messages.at(-1)?.seqNo} ${outgoing.length}`
  useLayoutEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [newest])

  const reached = reachedOf(messages.filter(({ senderId }) => senderId === me), message => timeline.receiptOf(message))
  const shown = root ? [root, ...messages] : messages
  const item = (line: Parameters<typeof MessageItem>[0]['line']) => (
    <MessageItem key={line.message.seqNo} line={line} me={me} isGroup={isGroup(id)} reached={reached} within="thread" />
  )
  return (
    <div class="details page thread" role={isAlone ? 'main' : 'complementary'} aria-label={t.thread.title}>
      <div class="bar">
        <h2 ref={heading} tabIndex={-1} aria-level={isAlone ? 1 : 2}>
          {t.thread.title}
        </h2>
        <button type="button" class="icon-button" aria-label={t.thread.close} onClick={() => go({ view: 'conversation', id })}>
          <Icon name="close" />
        </button>
      </div>
      <div class="thread-messages" tabIndex={0} role="region" aria-label={t.thread.messages}>
        {hasOlder && (
          <button type="button" class="button plain" disabled={task.running} onClick={loadOlder}>
            {t.thread.older}
          </button>
        )}
        <Problem text={task.problem} />
        <ol>{segmentsOf(shown, [], undefined, undefined).flatMap(({ lines }) => lines.filter(line => 'message' in line).map(item))}</ol>
        {root && messages.length + outgoing.length === 0 && !task.running && <p class="hint">{t.thread.none}</p>}
        {outgoing.length > 0 && <p class="hint">{t.thread.waiting(outgoing.length)}</p>}
        <div ref={end} />
      </div>
      {root && <ThreadComposer id={id} me={me} root={root} />}
    </div>
  )
}

/** What the server has of a thread, in the state in which the conversation's own messages are. */
function useThread(id: string, rootId: string, live: readonly Message[]) {
  const client = useClient()
  const task = useTask()
  const [root, setRoot] = useState<Message>()
  const [fetched, setFetched] = useState<{ messages: readonly Message[]; before?: number }>({ messages: [] })
  const read = (before: number) =>
    task.run(async () => {
      const { messages, nextBefore } = await client.getThreadMessages(id, rootId, { before, limit: 50 })
      setFetched(known => ({ messages: [...messages, ...known.messages], ...(nextBefore !== undefined && { before: nextBefore }) }))
    })
  useEffect(() => {
    void task.run(async () => setRoot(await client.getMessage(id, rootId)))
    void read(Number.MAX_SAFE_INTEGER)
  }, [id, rootId])

  const messages = new Map(fetched.messages.map(message => [message.seqNo, message]))
  for (const message of live)
    if (message.threadId === rootId && message.seqNo >= (fetched.before ?? 0) && isAsNew(message, messages.get(message.seqNo))) messages.set(message.seqNo, message)
  return {
    root: live.find(({ messageId }) => messageId === rootId) ?? root,
    messages: [...messages.values()].sort((a, b) => a.seqNo - b.seqNo),
    hasOlder: fetched.before !== undefined,
    loadOlder: () => void read(fetched.before!),
    task,
  }
}
