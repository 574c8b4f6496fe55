import './MediaView.css'
import type { MessageMedia } from '@chat/client'
import type { ComponentChildren } from 'preact'
import { useI18n } from '../i18n/I18n'
import { AudioPlayer } from './AudioPlayer'
import { FileRow } from './FileRow'
import { isVisual, kindOf } from './kinds'
import { boxOf, gridWidth, maxTiles } from './layout'
import { Tile } from './Tile'

/** A message's media: pictures and videos as a grid, then what is heard, then files. Their buttons have no handlers, as those of a message. */
export function MediaView({ media, who }: { media: readonly MessageMedia[]; who: string }) {
  const { t } = useI18n()
  const visual = media.filter(isVisual)
  const hidden = visual.length - maxTiles
  const altOf = (one: MessageMedia) => one.name ?? (kindOf(one) === 'picture' ? t.media.photoFrom(who) : t.media.videoFrom(who))
  return (
    <div class="media">
      {visual.length > 0 && (
        <Grid boxOf={visual.length === 1 ? boxOf(visual[0]!) : undefined} count={visual.length}>
          {visual.slice(0, maxTiles).map((one, at) => (
            <button key={one.mediaId} type="button" class="tile" data-action="view" data-media={one.mediaId}>
              <Tile media={one} alt={altOf(one)} width={visual.length === 1 ? boxOf(one).width : visual.length === 3 && at === 0 ? gridWidth : gridWidth / 2} />
              {at === maxTiles - 1 && hidden > 0 && <span class="tile-more">+{hidden}</span>}
            </button>
          ))}
        </Grid>
      )}
      {media.filter(one => kindOf(one) === 'audio').map(one => (
        <AudioPlayer key={one.mediaId} media={one} />
      ))}
      {media.filter(one => kindOf(one) === 'file').map(one => (
        <FileRow key={one.mediaId} media={one} />
      ))}
    </div>
  )
}

/** @param props.boxOf Of the only one; several have a form of their own. */
export function Grid({ boxOf: box, count, children }: { boxOf: ReturnType<typeof boxOf> | undefined; count: number; children: ComponentChildren }) {
  return (
    <div class={`grid count-${Math.min(count, maxTiles)}`} style={box && { width: `${box.width}px`, aspectRatio: `${box.ratio}` }}>
      {children}
    </div>
  )
}
