import './Composer.css'
import type { Message, MessageContent } from '@chat/client'
import type { RefObject } from 'preact'
import { useEffect, useId, useLayoutEffect, useState } from 'preact/hooks'
import { isFirstView } from '../app/arrivalFocus'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { refusalText } from '../i18n/refusals'
import { Icon } from '../ui/icons'
import { isComposing, touchKeyboard } from '../ui/keys'
import { Problem } from '../ui/Problem'
import { useMedia } from '../ui/useMedia'
import { keepDraft, takeBack, useDraft } from './drafts'
import { bytesLeft } from './textLimit'

interface Props {
  id: string
  me: string
  name: string
  field: RefObject<HTMLTextAreaElement | null>
  original(messageId: string): Message | undefined
  /** Resolves when the message is in the outbox. */
  onSend(content: MessageContent): Promise<void>
}

/** The input field. What is written is stored as the conversation's draft, so that leaving and coming back loses nothing. */
export function Composer({ id, me, name, field, original, onSend }: Props) {
  const { t } = useI18n()
  const client = useClient()
  const draft = useDraft(id)
  const [problem, setProblem] = useState<string>()
  const isTouch = useMedia(touchKeyboard)
  const ids = { field: useId(), limit: useId() }
  const left = bytesLeft(draft.text)
  const isTooLong = left !== undefined && left < 0
  const canSend = draft.text.trim() !== '' && !isTooLong

  useEffect(() => {
    // On a phone the keyboard would cover the messages.
    if (!isFirstView() && matchMedia('(pointer: fine)').matches) field.current?.focus()
    return () => client.setTyping(id, false)
  }, [])
  useLayoutEffect(() => grow(field.current!), [draft.text])

  const write = (text: string) => {
    keepDraft(me, id, { ...draft, text })
    client.setTyping(id, text.trim() !== '')
    setProblem(undefined)
  }

  const send = async () => {
    if (!canSend) return
    keepDraft(me, id, { text: '' })
    client.setTyping(id, false)
    field.current?.focus()
    try {
      await onSend({ ...draft, text: draft.text.trim() })
    } catch (error) {
      takeBack(me, id, draft)
      setProblem(`${t.composer.notTaken} ${refusalText(t, error)}`)
    }
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || !(event.shiftKey || isTouch))) {
      event.preventDefault()
      void send()
    }
    if (event.key === 'Escape' && draft.replyTo) {
      event.stopPropagation()
      keepDraft(me, id, { text: draft.text })
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
      <Problem text={problem} />
      {draft.replyTo && <ReplyBar original={original(draft.replyTo)} me={me} onCancel={() => keepDraft(me, id, { text: draft.text })} />}
      {left !== undefined && (
        <p id={ids.limit} class={isTooLong ? 'composer-limit over' : 'composer-limit'} role={isTooLong ? 'alert' : undefined}>
          {isTooLong ? t.composer.tooLong : t.composer.left(left)}
        </p>
      )}
      <div class="composer-row">
        <label class="unseen" for={ids.field}>
          {t.composer.label(name)}
        </label>
        <textarea
          ref={field}
          id={ids.field}
          rows={1}
          dir="auto"
          placeholder={t.composer.placeholder}
          enterkeyhint={isTouch ? 'enter' : 'send'}
          value={draft.text}
          aria-invalid={isTooLong}
          aria-describedby={left === undefined ? undefined : ids.limit}
          onInput={event => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => client.setTyping(id, false)}
        />
        <button type="submit" class="icon-button composer-send" aria-label={t.composer.send} aria-disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  )
}

function ReplyBar({ original, me, onCancel }: { original: Message | undefined; me: string; onCancel: () => void }) {
  const { t } = useI18n()
  return (
    <div class="composer-reply">
      <div>
        <p class="quote-who">{original?.senderId === me ? t.conversation.replyingToSelf : original ? t.conversation.replyingTo(original.senderId) : t.conversation.reply}</p>
        <p class="quote-text" dir="auto">{original?.text.slice(0, 200) ?? t.conversation.originalMissing}</p>
      </div>
      <button type="button" class="icon-button" aria-label={t.conversation.cancelReply} onClick={onCancel}>
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
