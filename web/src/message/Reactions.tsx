import './Reactions.css'
import type { Reaction } from '@chat/client'
import { useI18n } from '../i18n/I18n'

/** What others and the user have set on a message. Buttons of the list's one listener. */
export function Reactions({ reactions, me }: { reactions: readonly Reaction[]; me: string }) {
  const { t } = useI18n()
  const who = ({ count, userIds }: Reaction) => {
    const names = userIds.map(id => (id === me ? t.you : id)).join(', ')
    return count > userIds.length && names ? t.message.andMore(names, count - userIds.length) : names
  }
  return (
    <div class="reactions" role="group" aria-label={t.message.reactions}>
      {reactions.map(one => (
        <button
          key={one.emoji}
          type="button"
          class={one.mine ? 'reaction mine' : 'reaction'}
          data-action="react"
          data-emoji={one.emoji}
          tabIndex={-1}
          aria-pressed={one.mine ?? false}
          aria-label={t.message.reactedBy(one.emoji, one.count, who(one))}
          title={who(one)}
        >
          <span aria-hidden="true">{one.emoji}</span>
          {one.count > 1 && <span class="reaction-count">{one.count}</span>}
        </button>
      ))}
    </div>
  )
}
