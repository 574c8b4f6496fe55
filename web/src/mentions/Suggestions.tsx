import './Suggestions.css'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'
import type { useCompletion } from './useCompletion'

/** The names that may be meant, above the text field. */
export function Suggestions({ of: { id, shown, chosen, choose } }: { of: ReturnType<typeof useCompletion> }) {
  const { t } = useI18n()
  return (
    <>
      <p class="unseen" role="status">
        {shown.length > 0 && t.mentions.found(shown.length)}
      </p>
      {shown.length > 0 && (
        <ul class="suggestions" id={id} role="listbox" aria-label={t.mentions.label}>
          {shown.map((name, at) => (
            <li
              key={name}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === chosen}
              // The field keeps the focus.
              onPointerDown={event => event.preventDefault()}
              onClick={() => choose(name)}
            >
              <Avatar name={name} group={name === 'all'} size="small" />
              <span>{name === 'all' ? t.mentions.all : name}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
