import './SharedMedia.css'
import type { MessageMedia } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useArrivalFocus } from '../app/arrivalFocus'
import { go } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { useTimeline } from '../conversation/useTimeline'
import { useI18n } from '../i18n/I18n'
import { Choice } from '../ui/Choice'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { noThirdPane, useMedia } from '../ui/useMedia'
import { useNow } from '../ui/useNow'
import { useTask } from '../ui/useTask'
import { AudioPlayer } from './AudioPlayer'
import { FileRow } from './FileRow'
import { kindOf } from './kinds'
import { useViewer } from './parts'
import { save } from './save'
import { sharedIn, type Shared } from './shared'
import { Tile } from './Tile'

type Tab = 'media' | 'files' | 'links'
const tabs: readonly Tab[] = ['media', 'files', 'links']
const tileWidth = 120

/** Beside the conversation: its pictures, videos, files and links, as far back as its messages are loaded. */
export function SharedMedia({ id }: { id: string }) {
  const { t } = useI18n()
  const client = useClient()
  const heading = useArrivalFocus<HTMLHeadingElement>()
  const me = useChat(chat => chat.session?.userId ?? '')
  const isAlone = useMedia(noThirdPane)
  const timeline = useTimeline(id)
  const task = useTask()
  const [tab, setTab] = useState<Tab>('media')
  const [viewed, setViewed] = useState<string>()
  const viewer = useViewer(viewed !== undefined)
  const shared = sharedIn(timeline.messages)
  const found = shared[tab].length
  const who = (senderId: string) => (senderId === me ? t.you : senderId)

  // Nothing in the newest messages: one look further back is made unasked.
  useEffect(() => {
    if (found === 0 && timeline.hasOlder && !timeline.loading && !timeline.error) void timeline.loadOlder()
  }, [tab, timeline.loading])

  const onClick = (event: MouseEvent) => {
    const { action, media: mediaId } = (event.target instanceof Element && event.target.closest<HTMLElement>('[data-action]')?.dataset) || {}
    const media = [...shared.media, ...shared.files].find(({ it }) => it.mediaId === mediaId)?.it
    if (media && action === 'view') setViewed(media.mediaId)
    if (media && action === 'save') void task.run(() => save(client, media))
  }

  return (
    <div class="details page" role={isAlone ? 'main' : 'complementary'} aria-label={t.media.shared}>
      <div class="bar">
        <h2 ref={heading} tabIndex={-1} aria-level={isAlone ? 1 : 2}>
          {t.media.shared}
        </h2>
        <button type="button" class="icon-button" aria-label={t.media.closeShared} onClick={() => go({ view: 'conversation', id })}>
          <Icon name="close" />
        </button>
      </div>
      <div class="page-body">
        <div class="page-column shared" onClick={onClick}>
          <Choice label={t.media.shared} options={tabs.map(value => ({ value, label: t.media.tabs[value] }))} value={tab} onChoose={setTab} />
          <Problem text={task.problem} />
          {tab === 'media' && found > 0 && (
            <ul class="shared-grid">
              {shared.media.map(({ it, message }) => (
                <li key={it.mediaId}>
                  <button type="button" class="tile" data-action="view" data-media={it.mediaId}>
                    <Tile media={it} alt={it.name ?? (kindOf(it) === 'picture' ? t.media.photoFrom : t.media.videoFrom)(who(message.senderId))} width={tileWidth} />
                  </button>
                </li>
              ))}
            </ul>
          )}
          {tab !== 'media' && found > 0 && (
            <ul class="shared-list">
              {tab === 'files' && shared.files.map(one => <li key={one.it.mediaId}><SharedFile one={one} who={who(one.message.senderId)} /></li>)}
              {tab === 'links' && shared.links.map((one, at) => <li key={`${one.message.seqNo}/${at}`}><SharedLink one={one} who={who(one.message.senderId)} /></li>)}
            </ul>
          )}
          {found === 0 && <p class="hint">{timeline.loading ? t.loading : t.media.nothing[tab]}</p>}
          {timeline.error && <Problem text={t.conversation.loadFailed} />}
          {timeline.hasOlder && (
            <button type="button" class="button plain" disabled={timeline.loading} onClick={() => void timeline.loadOlder()}>
              {t.media.further}
            </button>
          )}
        </div>
      </div>
      {viewed !== undefined && viewer && <viewer.Viewer items={viewer.viewable(timeline.messages)} start={viewed} me={me} onClose={() => setViewed(undefined)} />}
    </div>
  )
}

function SharedFile({ one: { it, message }, who }: { one: Shared<MessageMedia>; who: string }) {
  return (
    <>
      {kindOf(it) === 'audio' ? <AudioPlayer media={it} /> : <FileRow media={it} />}
      <Origin at={message.timestamp} who={who} />
    </>
  )
}

function SharedLink({ one: { it, message }, who }: { one: Shared<string>; who: string }) {
  return (
    <>
      <a class="shared-link" href={it} target="_blank" rel="noopener noreferrer">
        {it}
      </a>
      <Origin at={message.timestamp} who={who} />
    </>
  )
}

function Origin({ at, who }: { at: number; who: string }) {
  const { times } = useI18n()
  const now = useNow()
  return (
    <p class="shared-origin">
      {who} · {times.short(at, now)}
    </p>
  )
}
