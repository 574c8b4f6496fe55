import { useChat } from '../app/useChat'
import { useI18n } from '../i18n/I18n'

const nobody: readonly string[] = []

/** Who is writing now. The line keeps its place when nobody is, so that nothing jumps. */
export function TypingLine({ id }: { id: string }) {
  const { t } = useI18n()
  const typing = useChat(client => client.findConversation(id)?.typing ?? nobody)
  return (
    <p class="typing-line">
      {typing.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span class="typing-who">{t.conversation.typing(typing)}</span>
        </>
      )}
    </p>
  )
}
