import type { MessageMedia } from '@chat/client'
import { useRef } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { Icon } from '../ui/icons'
import { durationOf, kindOf } from './kinds'
import { Placeholder } from './Placeholder'
import { useBlobUrl } from './useBlobUrl'
import { useNear } from './useNear'

/** A picture without a thumbnail is read whole up to this size, bytes. */
const wholeUpTo = 8 * 1024 * 1024
/** An animation is shown moving up to this size, bytes. */
const movingUpTo = 3 * 1024 * 1024

/** A picture's or video's look in the grid: first its blurhash, then a thumbnail as large as it is drawn. */
export function Tile({ media, alt, width }: { media: MessageMedia; alt: string; width: number }) {
  const client = useClient()
  const place = useRef<HTMLSpanElement>(null)
  const isNear = useNear(place)
  const isPicture = kindOf(media) === 'picture'
  const { mediaId, thumbnail, size, contentType } = media

  const load = async (): Promise<Blob | undefined> => {
    const whole = () => (isPicture && size <= wholeUpTo ? client.download(mediaId) : undefined)
    if (!thumbnail || (contentType === 'image/gif' && size <= movingUpTo)) return whole()
    try {
      return await client.thumbnail(mediaId, width * Math.min(2, devicePixelRatio))
    } catch (error) {
      const bytes = await whole()
      if (bytes) return bytes
      throw error
    }
  }
  const { url, failed } = useBlobUrl(isNear ? load : undefined, [isNear, mediaId])

  return (
    <span ref={place} class="tile-look" data-shown={url ? 'picture' : failed ? 'failed' : 'placeholder'}>
      {media.blurhash && <Placeholder blurhash={media.blurhash} />}
      {url && <img src={url} alt="" decoding="async" draggable={false} />}
      {failed && isPicture && !media.blurhash && <Icon name="picture" />}
      {!isPicture && <PlayMark durationMs={media.durationMs} />}
      <span class="unseen">{alt}</span>
    </span>
  )
}

export function PlayMark({ durationMs }: { durationMs: number | undefined }) {
  return (
    <>
      <span class="tile-play" aria-hidden="true">
        <Icon name="play" />
      </span>
      {durationMs !== undefined && (
        <span class="tile-time" aria-hidden="true">
          {durationOf(durationMs)}
        </span>
      )}
    </>
  )
}
