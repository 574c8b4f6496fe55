import './ConversationList.css'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { go, hashOf } from '../app/routes'
import { useChat } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'
import { Icon } from '../ui/icons'
import { useNow } from '../ui/useNow'
import { ConversationRow } from './ConversationRow'

/**
 * The left pane: the user, and every conversation, newest first.
 * @param isAlone it is the only pane, as on a phone: then it is the main content
 */
export function ConversationList({ current, isAlone }: { current: string | undefined; isAlone: boolean }) {
  const { t } = useI18n()
  const userId = useChat(client => client.session?.userId ?? '')
  const listed = useChat(client => client.conversations)
  const archived = useChat(client => client.archived)
  const [showsArchived, setShowsArchived] = useState(false)
  const conversations = showsArchived ? archived : listed
  const heading = useRef<HTMLHeadingElement>(null)
  const list = useRef<HTMLUListElement>(null)
  // The button that was pressed is not there any more.
  const changed = useRef(false)
  useLayoutEffect(() => {
    if (changed.current) heading.current?.focus()
    changed.current = true
  }, [showsArchived])
  const now = useNow()
  // One tab stop for the list; the arrow keys move within it.
  const reachable = conversations.some(one => one.id === current) ? current : conversations[0]?.id

  return (
    <div class="list-pane" role={isAlone ? 'main' : undefined}>
      <div class="bar" role={isAlone ? undefined : 'banner'}>
        {showsArchived ? (
          <button type="button" class="icon-button" aria-label={t.back} onClick={() => setShowsArchived(false)}>
            <Icon name="back" />
          </button>
        ) : (
          <a class="account" href={hashOf({ view: 'settings' })} aria-label={t.list.account(userId)}>
            <Avatar name={userId} size="small" />
          </a>
        )}
        <h2 ref={heading} id="list-heading" tabIndex={-1} aria-level={isAlone ? 1 : 2}>
          {showsArchived ? t.list.archived : t.list.title}
        </h2>
        <button type="button" class="icon-button list-new" aria-label={t.list.start} onClick={() => go({ view: 'new' })}>
          <Icon name="plus" />
        </button>
      </div>
      <nav class="list-scroll" aria-label={showsArchived ? t.list.archived : t.list.title}>
        {showsArchived && archived.length === 0 && (
          <div class="list-none">
            <p>{t.list.noneArchived}</p>
          </div>
        )}
        {!showsArchived && listed.length === 0 ? (
          <div class="list-none">
            <p>{t.list.none}</p>
            <p class="hint">{t.list.noneHint(userId)}</p>
            <a class="button" href={hashOf({ view: 'new' })}>
              {t.list.start}
            </a>
          </div>
        ) : (
          <ul ref={list} onKeyDown={event => moveFocus(event, list.current!)}>
            {conversations.map(one => (
              <ConversationRow key={one.id} conversation={one} isCurrent={one.id === current} isReachable={one.id === reachable} now={now} />
            ))}
          </ul>
        )}
        {!showsArchived && archived.length > 0 && (
          <button type="button" class="button quiet list-archived" onClick={() => setShowsArchived(true)}>
            <Icon name="archive" />
            {t.list.archivedCount(archived.length)}
          </button>
        )}
      </nav>
    </div>
  )
}

function moveFocus(event: KeyboardEvent, list: HTMLElement) {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  const links = [...list.querySelectorAll('a')]
  const at = links.indexOf(document.activeElement as HTMLAnchorElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key]
  if (to === undefined || !links[to]) return
  event.preventDefault()
  links[to].focus()
}
