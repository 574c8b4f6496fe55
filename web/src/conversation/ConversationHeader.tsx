import { isGroup, isNoteToSelf, peerOf } from '@chat/client'
import { useState } from 'preact/hooks'
import { useArrivalFocus } from '../app/arrivalFocus'
import { go } from '../app/routes'
import { useChat } from '../app/useChat'
import { useGroup } from '../group/useGroup'
import { useI18n } from '../i18n/I18n'
import { useTimerDialog } from '../timer/parts'
import { TimerNote } from '../timer/TimerNote'
import { Avatar } from '../ui/Avatar'
import { Icon } from '../ui/icons'
import { useNow } from '../ui/useNow'
import { ConversationMenu } from './ConversationMenu'
import { MuteButton } from './MuteButton'

export function ConversationHeader({ id, name, beside }: { id: string; name: string; beside: 'details' | 'media' | undefined }) {
  const { t } = useI18n()
  const heading = useArrivalFocus<HTMLHeadingElement>()
  const [setsTimer, setSetsTimer] = useState(false)
  const timer = useTimerDialog(setsTimer)
  const online = useChat(client => client.presenceOf(peerOf(id, client.session?.userId ?? '') ?? '')?.online ?? false)
  return (
    <header class="bar conversation-bar">
      <button type="button" class="icon-button back" aria-label={t.back} onClick={() => go({ view: 'list' })}>
        <Icon name="back" />
      </button>
      <Avatar name={name} group={isGroup(id)} online={online} />
      <div class="conversation-title">
        <h1 ref={heading} tabIndex={-1}>
          {name}
        </h1>
        <p>
          <TimerNote id={id} onOpen={() => setSetsTimer(true)} />
          <span>{isGroup(id) ? <MemberCount id={id} /> : isNoteToSelf(id) ? <>&nbsp;</> : <LastSeen userId={name} />}</span>
        </p>
      </div>
      {!isNoteToSelf(id) && <MuteButton id={id} />}
      <button
        type="button"
        class="icon-button"
        id="media-button"
        aria-label={t.media.shared}
        aria-expanded={beside === 'media'}
        onClick={() => go({ view: beside === 'media' ? 'conversation' : 'media', id })}
      >
        <Icon name="picture" />
      </button>
      {isGroup(id) && (
        <button
          type="button"
          class="icon-button"
          id="details-button"
          aria-label={t.conversation.details}
          aria-expanded={beside === 'details'}
          onClick={() => go({ view: beside === 'details' ? 'conversation' : 'details', id })}
        >
          <Icon name="people" />
        </button>
      )}
      <ConversationMenu id={id} onTimer={() => setSetsTimer(true)} />
      {setsTimer && timer && <timer.TimerDialog id={id} onClose={() => setSetsTimer(false)} />}
    </header>
  )
}

function LastSeen({ userId }: { userId: string }) {
  const { t, times } = useI18n()
  const presence = useChat(client => client.presenceOf(userId))
  const now = useNow()
  if (presence?.online) return <>{t.presence.online}</>
  return presence?.lastSeen ? <>{t.presence.lastSeen(times.ago(presence.lastSeen, now))}</> : <>&nbsp;</>
}

function MemberCount({ id }: { id: string }) {
  const { t } = useI18n()
  const { group } = useGroup(id)
  return group ? <>{t.presence.members(group.members.length)}</> : <>&nbsp;</>
}
