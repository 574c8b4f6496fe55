import './MessageDialogs.css'
import { forwardedOf, type Message, type MessageText, type ReactionOf, type Timeline } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { withoutMarks } from '../conversation/marks'
import { nameIn } from '../conversations/names'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'
import { Dialog } from '../ui/Dialog'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'

/** What a message has said before, the newest text first. */
export function EarlierTexts({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t, times } = useI18n()
  const client = useClient()
  const task = useTask(t.message.refused)
  const [texts, setTexts] = useState<readonly MessageText[]>([])
  const { conversationId, messageId } = message
  useEffect(() => void task.run(async () => setTexts(await client.getEdits(conversationId, messageId))), [messageId, message.changedSeqNo])
  return (
    <Dialog title={t.message.earlier} onClose={onClose}>
      <Problem text={task.problem} />
      {message.concurrent && <p class="hint">{t.message.concurrentHint}</p>}
      <ol class="texts" tabIndex={0} aria-label={t.message.earlier}>
        {[...texts].reverse().map(one => (
          <li key={one.messageId}>
            <p class="hint">
              {times.stamp(one.timestamp)}
              {one.seqNo === message.seqNo && ` · ${t.message.firstText}`}
              {one.concurrent && ` · ${t.message.editedTwice}`}
            </p>
            {one.text.split('\n').map(line => <p dir="auto">{line || <br />}</p>)}
          </li>
        ))}
      </ol>
      <Closing onClose={onClose} />
    </Dialog>
  )
}

export function WhoReacted({ message, me, onClose }: { message: Message; me: string; onClose: () => void }) {
  const { t } = useI18n()
  const client = useClient()
  const task = useTask(t.message.refused)
  const [found, setFound] = useState<{ reactions: readonly ReactionOf[]; next?: string }>({ reactions: [] })
  const { conversationId, messageId } = message
  const read = (cursor?: string) =>
    task.run(async () => {
      const { reactions, next } = await client.getReactions(conversationId, messageId, cursor === undefined ? {} : { cursor })
      setFound(({ reactions: before }) => ({ reactions: cursor === undefined ? reactions : [...before, ...reactions], ...(next !== undefined && { next }) }))
    })
  useEffect(() => void read(), [messageId, message.changedSeqNo])
  return (
    <Dialog title={t.message.reactions} onClose={onClose}>
      <Problem text={task.problem} />
      <ul class="people" tabIndex={0} aria-label={t.message.reactions}>
        {found.reactions.map(({ userId, emoji }) => (
          <li key={`${userId} ${emoji}`}>
            <Avatar name={userId} size="small" />
            <span class="person-name">{userId === me ? t.you : userId}</span>
            <span class="person-emoji">{emoji}</span>
          </li>
        ))}
      </ul>
      {found.next !== undefined && (
        <button type="button" class="button quiet" disabled={task.running} onClick={() => read(found.next)}>
          {t.message.showMore}
        </button>
      )}
      <Closing onClose={onClose} />
    </Dialog>
  )
}

/** When it was sent and edited, and of an own one who has got and read it. */
export function MessageInfo({ message, timeline, me, onClose }: { message: Message; timeline: Timeline; me: string; onClose: () => void }) {
  const { t, times } = useI18n()
  const { read, delivered } = timeline.receiptsOf(message)
  const names = (users: readonly string[]) => users.join(', ')
  return (
    <Dialog title={t.message.info} onClose={onClose}>
      <dl class="info-list">
        <dt>{t.message.writtenBy}</dt>
        <dd>{message.senderId === me ? t.you : message.senderId}</dd>
        <dt>{t.message.sentAt}</dt>
        <dd>{times.full(message.timestamp)}</dd>
        {message.editedAt !== undefined && (
          <>
            <dt>{t.message.editedAt}</dt>
            <dd>{times.full(message.editedAt)}</dd>
          </>
        )}
        {message.expiresAt !== undefined && (
          <>
            <dt>{t.timer.disappears}</dt>
            <dd>{times.full(message.expiresAt)}</dd>
          </>
        )}
        {message.senderId === me && read.length > 0 && (
          <>
            <dt>{t.message.readBy}</dt>
            <dd>{names(read)}</dd>
          </>
        )}
        {message.senderId === me && delivered.length > 0 && (
          <>
            <dt>{t.message.deliveredTo}</dt>
            <dd>{names(delivered)}</dd>
          </>
        )}
      </dl>
      {message.senderId === me && read.length + delivered.length === 0 && <p class="hint">{t.message.notYet}</p>}
      <Closing onClose={onClose} />
    </Dialog>
  )
}

/** To one or several conversations at once; what was made of it since does not go along. */
export function Forward({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useI18n()
  const client = useClient()
  const task = useTask()
  const conversations = useChat(chat => chat.conversations)
  const [wanted, setWanted] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const named = conversations.filter(({ left }) => !left).map(one => ({ id: one.id, isGroup: one.kind === 'group', name: nameIn(one, t) }))
  const shown = named.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase()))
  const toggle = (id: string) => setChosen(before => (before.has(id) ? new Set([...before].filter(one => one !== id)) : new Set([...before, id])))
  const send = async () => {
    // Each that has gone is done: if one fails, only the rest is tried again.
    const work = async () => {
      for (const id of chosen) {
        await client.send(id, forwardedOf(message))
        setChosen(before => new Set([...before].filter(one => one !== id)))
      }
    }
    if (await task.run(work)) onClose()
  }
  return (
    <Dialog title={t.message.forwardTo} onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={event => {
          event.preventDefault()
          if (chosen.size > 0) void send()
        }}
      >
        <p class="quote-text" dir="auto">{withoutMarks(message.text).slice(0, 120)}</p>
        <div class="field">
          <input type="search" aria-label={t.message.forwardSearch} placeholder={t.message.forwardSearch} value={wanted} onInput={event => setWanted(event.currentTarget.value)} />
        </div>
        <ul class="people" aria-label={t.message.forwardTo}>
          {shown.map(({ id, name, isGroup }) => (
            <li key={id}>
              <label>
                <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />
                <Avatar name={name} group={isGroup} size="small" />
                <span class="person-name">{name}</span>
              </label>
            </li>
          ))}
        </ul>
        {shown.length === 0 && <p class="hint">{t.message.nobodyFound}</p>}
        <Problem text={task.problem} />
        <div class="dialog-buttons">
          <button type="button" class="button plain" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="button" disabled={chosen.size === 0 || task.running}>
            {chosen.size === 0 ? t.message.forward : t.message.forwardSend(chosen.size)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Closing({ onClose }: { onClose: () => void }) {
  const { t } = useI18n()
  return (
    <div class="dialog-buttons">
      <button type="button" class="button plain" onClick={onClose}>
        {t.close}
      </button>
    </div>
  )
}
