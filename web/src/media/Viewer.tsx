import './Viewer.css'
import type { Message, MessageMedia } from '@chat/client'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'
import { isVisual, kindOf } from './kinds'
import { save } from './save'
import { useBlobUrl } from './useBlobUrl'
import { useGestures } from './useGestures'

export interface Viewed {
  readonly message: Message
  readonly media: MessageMedia
}

/** What the viewer can show of a conversation, oldest first. */
export const viewable = (messages: readonly Message[]): Viewed[] =>
  messages.flatMap(message => (message.media ?? []).filter(isVisual).map(media => ({ message, media })))

/** Above this a picture is read by its address and not remembered, bytes. */
const rememberUpTo = 8 * 1024 * 1024

/** Pictures and videos over the whole window, one at a time. */
export function Viewer({ items, start, me, onClose }: { items: readonly Viewed[]; start: string; me: string; onClose: () => void }) {
  const { t, times } = useI18n()
  const client = useClient()
  const dialog = useRef<HTMLDialogElement>(null)
  const [shown, setShown] = useState(start)
  const task = useTask()
  const found = items.findIndex(({ media }) => media.mediaId === shown)
  const at = Math.max(0, found)
  const item = items[at]
  const step = (by: number) => {
    const next = items[at + by]
    if (next) setShown(next.media.mediaId)
  }
  const gestures = useGestures({ onSwipe: step, onAway: onClose, key: shown })

  useLayoutEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    dialog.current?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  // Its message is gone.
  useEffect(() => {
    if (found < 0) onClose()
  }, [found])

  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    const isVideo = event.target instanceof HTMLVideoElement
    const keys: Record<string, () => void> = {
      Home: () => step(-at),
      End: () => step(items.length - 1 - at),
      '+': () => gestures.zoomBy(1.5),
      '=': () => gestures.zoomBy(1.5),
      '-': () => gestures.zoomBy(1 / 1.5),
      '0': gestures.reset,
      // In a video they move within it.
      ...(!isVideo && { ArrowLeft: () => step(-1), ArrowRight: () => step(1) }),
    }
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }

  if (!item) return null
  const { message, media } = item
  const who = message.senderId === me ? t.you : message.senderId
  const alt = media.name ?? (kindOf(media) === 'picture' ? t.media.photoFrom(who) : t.media.videoFrom(who))
  return (
    <dialog ref={dialog} class="viewer" aria-label={t.media.viewer} tabIndex={-1} onClose={onClose} onKeyDown={onKeyDown}>
      <header class="viewer-bar">
        <div class="viewer-words">
          <p class="viewer-who">{who}</p>
          <p class="viewer-when" aria-live="polite">
            {items.length > 1 && `${t.media.placeOf(at + 1, items.length)} · `}
            {times.stamp(message.timestamp)}
          </p>
        </div>
        {kindOf(media) === 'picture' && (
          <button type="button" class="icon-button" aria-label={gestures.isZoomed ? t.media.zoomOut : t.media.zoomIn} onClick={gestures.toggle}>
            <Icon name={gestures.isZoomed ? 'zoomOut' : 'zoomIn'} />
          </button>
        )}
        <button type="button" class="icon-button" aria-label={t.media.save} onClick={() => task.run(() => save(client, media))}>
          <Icon name="save" />
        </button>
        <button type="button" class="icon-button" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <Problem text={task.problem} />
      <div class="viewer-stage" {...gestures.stage}>
        {kindOf(media) === 'picture' ? <Picture key={media.mediaId} media={media} alt={alt} style={gestures.style} /> : <Video key={media.mediaId} media={media} label={alt} />}
      </div>
      {message.text && <p class="viewer-text" dir="auto">{message.text}</p>}
      {at > 0 && (
        <button type="button" class="icon-button viewer-step previous" aria-label={t.media.previous} onClick={() => step(-1)}>
          <Icon name="back" />
        </button>
      )}
      {at < items.length - 1 && (
        <button type="button" class="icon-button viewer-step next" aria-label={t.media.next} onClick={() => step(1)}>
          <Icon name="forward" />
        </button>
      )}
    </dialog>
  )
}

/** First what the grid has already, then the picture itself. */
function Picture({ media, alt, style }: { media: MessageMedia; alt: string; style: Record<string, string> }) {
  const { t } = useI18n()
  const client = useClient()
  const { mediaId, size, width, height, thumbnail } = media
  const small = useBlobUrl(thumbnail ? () => client.thumbnail(mediaId, 320) : undefined, [mediaId])
  const own = useBlobUrl(size <= rememberUpTo ? () => client.download(mediaId) : undefined, [mediaId])
  const address = useAddress(size > rememberUpTo || own.failed ? mediaId : undefined)
  const src = own.url ?? address.url ?? small.url
  if (!src && address.failed) return <p class="viewer-failed">{t.media.loadFailed}</p>
  return <img class="viewer-picture" src={src} alt={alt} width={width} height={height} style={style} draggable={false} data-loaded={own.url || address.url ? 'whole' : src ? 'small' : undefined} />
}

function Video({ media, label }: { media: MessageMedia; label: string }) {
  const { t } = useI18n()
  const [broken, setBroken] = useState(false)
  const { url, failed } = useAddress(media.mediaId)
  if (failed || broken) return <p class="viewer-failed">{t.media.playFailed}</p>
  return <video class="viewer-picture" src={url} aria-label={label} controls autoplay playsInline onError={() => setBroken(true)} />
}

function useAddress(mediaId: string | undefined): { url?: string; failed?: true } {
  const client = useClient()
  const [state, setState] = useState<{ url?: string; failed?: true }>({})
  useEffect(() => {
    let over = false
    if (mediaId !== undefined)
      client.mediaUrl(mediaId).then(
        url => over || setState({ url }),
        () => over || setState({ failed: true }),
      )
    return () => void (over = true)
  }, [mediaId])
  return state
}
