import type { Message } from '@chat/client'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { refusalText } from '../i18n/refusals'
import { mentionsIn } from '../mentions/mentions'
import { Suggestions } from '../mentions/Suggestions'
import { useCompletion } from '../mentions/useCompletion'
import { useMembers } from '../mentions/useMembers'
import { Icon } from '../ui/icons'
import { isComposing, touchKeyboard } from '../ui/keys'
import { Problem } from '../ui/Problem'
import { useMedia } from '../ui/useMedia'

/** Writes to a thread. */
export function ThreadComposer({ id, me, root }: { id: string; me: string; root: Message }) {
  const { t } = useI18n()
  const client = useClient()
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string>()
  const isTouch = useMedia(touchKeyboard)
  const field = useRef<HTMLTextAreaElement>(null)
  const label = useId()
  const members = useMembers(id, text.includes('@'))
  const completion = useCompletion(field, text, members, me, setText)
  const canSend = text.trim() !== ''
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  const send = async () => {
    if (!canSend) return
    const said = text.trim()
    const mentions = mentionsIn(said, members, me)
    setText('')
    setProblem(undefined)
    try {
      await client.send(id, { text: said, threadId: root.messageId, threadSeqNo: root.seqNo, ...(mentions.length > 0 && { mentions }) })
    } catch (error) {
      setText(said)
      setProblem(`${t.composer.notTaken} ${refusalText(t, error)}`)
    }
  }

  return (
    <form
      class="composer thread-composer"
      onSubmit={event => {
        event.preventDefault()
        void send()
      }}
    >
      <Problem text={problem} />
      <Suggestions of={completion} />
      <div class="composer-row">
        <label class="unseen" for={label}>
          {t.thread.write}
        </label>
        <textarea
          ref={field}
          id={label}
          rows={1}
          dir="auto"
          placeholder={t.thread.write}
          enterkeyhint={isTouch ? 'enter' : 'send'}
          value={text}
          {...completion.attributes}
          onInput={event => {
            setText(event.currentTarget.value)
            completion.look()
          }}
          onSelect={completion.look}
          onKeyDown={event => {
            if (isComposing(event) || completion.onKey(event)) return
            if (event.key !== 'Enter' || (!(event.ctrlKey || event.metaKey) && (event.shiftKey || isTouch))) return
            event.preventDefault()
            void send()
          }}
        />
        <button type="submit" class="icon-button composer-send" aria-label={t.composer.send} aria-disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  )
}
