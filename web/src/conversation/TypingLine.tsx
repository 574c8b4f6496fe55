import { useChat } from '../app/useChat'
import { useI18n } from '../i18n/I18n'

const nobody: readonly string[] = []

/** Who is typing now. The line stays when nobody is, so that nothing moves. */
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
