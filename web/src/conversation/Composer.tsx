import './Composer.css'
import type { FileToSend, Message, MessageContent, Outgoing } from '@chat/client'
import type { RefObject } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { isFirstView } from '../app/arrivalFocus'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { refusalText } from '../i18n/refusals'
import { AttachButtons, pastedFiles } from '../media/AttachButtons'
import { filesOf, giveBack, takeChosen, useChosen } from '../media/chosen'
import { lineOf } from '../media/kinds'
import { useRecorder, useTray } from '../media/parts'
import { Icon } from '../ui/icons'
import { isComposing, touchKeyboard } from '../ui/keys'
import { Problem } from '../ui/Problem'
import { useMedia } from '../ui/useMedia'
import { keepDraft, takeBack, useDraft } from './drafts'
import { mentionsIn } from '../mentions/mentions'
import { Suggestions } from '../mentions/Suggestions'
import { useCompletion } from '../mentions/useCompletion'
import { useMembers } from '../mentions/useMembers'
import { bytesLeft } from './textLimit'

interface Props {
  id: string
  /** By which draft and chosen files are kept: the conversation's id, or a thread's place in it. */
  place?: string
  me: string
  label: string
  placeholder: string
  field: RefObject<HTMLTextAreaElement | null>
  original(messageId: string): Message | undefined
  /** The message that is being edited; the draft waits meanwhile. */
  editing: Message | Outgoing | undefined
  onEdit(message: undefined): void
  /** The arrow key up in an empty field. */
  onEditLast(): void
  /** Why the last files were not taken. */
  problem: string | undefined
  onAttach(files: readonly File[]): void
  /** Resolves when the message is in the outbox. */
  onSend(content: MessageContent, files: readonly FileToSend[]): Promise<void>
}

/** The input field. What is written is stored as the draft of its place, so that leaving and coming back loses nothing. */
export function Composer({ id, place = id, me, label, placeholder, field, original, editing, onEdit, onEditLast, problem: notAttached, onAttach, onSend }: Props) {
  const { t } = useI18n()
  const client = useClient()
  const draft = useDraft(place)
  const [problem, setProblem] = useState<string>()
  const [records, setRecords] = useState(false)
  const recorder = useRecorder(records)
  const isTouch = useMedia(touchKeyboard)
  const ids = { field: useId(), limit: useId() }
  const [edited, setEdited] = useState('')
  const text = editing ? edited : draft.text
  const left = bytesLeft(text)
  const members = useMembers(id, text.includes('@'))
  const isTooLong = left !== undefined && left < 0
  const hasFiles = useChosen(place).files.length > 0 && !editing
  const tray = useTray(hasFiles)
  const canSend = (text.trim() !== '' || hasFiles) && !isTooLong
  // A text is changed; files that it has stay.
  const named = editing && ('seqNo' in editing ? editing.messageId : editing.clientMsgId)
  useLayoutEffect(() => {
    setEdited(editing?.text ?? '')
    setProblem(undefined)
  }, [named])

  useLayoutEffect(() => {
    // On a phone the keyboard would cover the messages.
    if (!isFirstView() && matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])
  useEffect(() => () => client.setTyping(id, false), [])
  useLayoutEffect(() => {
    if (field.current) grow(field.current)
  }, [text, records])

  const write = (text: string) => {
    if (editing) return setEdited(text)
    keepDraft(me, place, { ...draft, text })
    client.setTyping(id, text.trim() !== '')
    setProblem(undefined)
  }

  const completion = useCompletion(field, text, members, me, write)

  const saveEdit = async (message: Message | Outgoing) => {
    try {
      // While the members are not known, it mentions whom it did.
      await client.edit(message, edited.trim(), members.length > 0 || !edited.includes('@') ? mentionsIn(edited, members, me) : undefined)
      onEdit(undefined)
    } catch (error) {
      setProblem(`${t.message.notTaken} ${refusalText(t, error)}`)
    }
  }

  const send = async () => {
    if (!canSend) return
    if (editing) return saveEdit(editing)
    keepDraft(me, place, { text: '' })
    const chosen = takeChosen(place)
    client.setTyping(id, false)
    field.current?.focus()
    try {
      const mentions = mentionsIn(draft.text, members, me)
      await onSend({ ...draft, text: draft.text.trim(), ...(mentions.length > 0 && { mentions }) }, await filesOf(chosen))
    } catch (error) {
      giveBack(place, chosen)
      takeBack(me, place, draft)
      setProblem(`${t.composer.notTaken} ${refusalText(t, error)}`)
    }
  }

  const sendVoice = async (file: FileToSend) => {
    setRecords(false)
    const { replyTo } = draft
    keepDraft(me, place, { text: draft.text })
    try {
      await onSend({ text: '', ...(replyTo && { replyTo }) }, [file])
    } catch (error) {
      setProblem(`${t.media.voiceLost} ${refusalText(t, error)}`)
    }
  }

  const endRecording = (why?: string) => {
    setRecords(false)
    setProblem(why)
  }
  // The field is there again after the next rendering.
  const recorded = useRef(false)
  useLayoutEffect(() => {
    if (recorded.current && !records && matchMedia('(pointer: fine)').matches) field.current?.focus()
    recorded.current = records
  }, [records])

  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event) || completion.onKey(event)) return
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || !(event.shiftKey || isTouch))) {
      event.preventDefault()
      void send()
    }
    if (event.key === 'ArrowUp' && !editing && draft.text === '' && !draft.replyTo && !hasFiles && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault()
      onEditLast()
    }
    if (event.key === 'Escape' && editing) {
      event.stopPropagation()
      onEdit(undefined)
    } else if (event.key === 'Escape' && draft.replyTo) {
      event.stopPropagation()
      keepDraft(me, place, { text: draft.text })
    }
  }

  return (
    <form
      class="composer"
      onSubmit={event => {
        event.preventDefault()
        void send()
      }}
    >
      <Problem text={problem ?? notAttached} />
      {editing && (
        <ComposerBar head={t.message.editing} line={lineOf(editing, t)} cancel={t.message.cancelEdit} onCancel={() => onEdit(undefined)} />
      )}
      {draft.replyTo && !editing && <ReplyBar original={original(draft.replyTo)} me={me} onCancel={() => keepDraft(me, place, { text: draft.text })} />}
      {hasFiles && tray && <tray.Tray id={place} />}
      <Suggestions of={completion} />
      {left !== undefined && (
        <p id={ids.limit} class={isTooLong ? 'composer-limit over' : 'composer-limit'} role={isTooLong ? 'alert' : undefined}>
          {isTooLong ? t.composer.tooLong : t.composer.left(left)}
        </p>
      )}
      <div class="composer-row">
        {records && recorder ? (
          <recorder.Recorder onSend={sendVoice} onCancel={() => endRecording()} onFailed={() => endRecording(t.media.noMicrophone)} />
        ) : (
          <>
            {!editing && <AttachButtons onFiles={onAttach} />}
            <label class="unseen" for={ids.field}>
              {label}
            </label>
            <textarea
              ref={field}
              id={ids.field}
              rows={1}
              dir="auto"
              placeholder={placeholder}
              enterkeyhint={isTouch ? 'enter' : 'send'}
              value={text}
              aria-invalid={isTooLong}
              aria-describedby={left === undefined ? undefined : ids.limit}
              {...completion.attributes}
              onInput={event => {
                write(event.currentTarget.value)
                completion.look()
              }}
              onSelect={completion.look}
              onKeyDown={onKeyDown}
              onPaste={event => {
                const files = pastedFiles(event)
                if (files.length === 0 || editing) return
                event.preventDefault()
                onAttach(files)
              }}
              onBlur={() => client.setTyping(id, false)}
            />
            {text === '' && !hasFiles && !editing && canRecord ? (
              <button type="button" class="icon-button composer-record" aria-label={t.media.record} onClick={() => setRecords(true)}>
                <Icon name="microphone" />
              </button>
            ) : (
              <button type="submit" class="icon-button composer-send" aria-label={editing ? t.message.saveEdit : t.composer.send} aria-disabled={!canSend}>
                <Icon name={editing ? 'check' : 'send'} />
              </button>
            )}
          </>
        )}
      </div>
    </form>
  )
}

/** Browsers give the microphone to pages with https alone, and to localhost. */
const canRecord = typeof navigator !== 'undefined' && navigator.mediaDevices !== undefined && 'MediaRecorder' in globalThis

function ReplyBar({ original, me, onCancel }: { original: Message | undefined; me: string; onCancel: () => void }) {
  const { t } = useI18n()
  const head = original?.senderId === me ? t.conversation.replyingToSelf : original ? t.conversation.replyingTo(original.senderId) : t.conversation.reply
  return <ComposerBar head={head} line={original ? lineOf(original, t) : t.conversation.originalMissing} cancel={t.conversation.cancelReply} onCancel={onCancel} />
}

/** Which message the field is about. */
function ComposerBar({ head, line, cancel, onCancel }: { head: string; line: string; cancel: string; onCancel: () => void }) {
  return (
    <div class="composer-reply">
      <div>
        <p class="quote-who">{head}</p>
        <p class="quote-text" dir="auto">{line.slice(0, 200)}</p>
      </div>
      <button type="button" class="icon-button" aria-label={cancel} onClick={onCancel}>
        <Icon name="close" />
      </button>
    </div>
  )
}

/** Makes it as high as its text, in browsers that cannot do that themselves. */
function grow(field: HTMLTextAreaElement) {
  if (CSS.supports('field-sizing', 'content')) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
