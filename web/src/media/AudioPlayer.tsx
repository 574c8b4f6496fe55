import './AudioPlayer.css'
import type { MessageMedia } from '@chat/client'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { durationOf } from './kinds'
import { usePlayer } from './usePlayer'
import { Waveform } from './Waveform'

/** Up to this size it is read whole, bytes: then it can be sought in also where its header has no length, as in a browser's recording. */
const wholeUpTo = 2 * 1024 * 1024

/** Plays what is heard: a voice note with its loudness, anything else by its name. */
export function AudioPlayer({ media }: { media: MessageMedia }) {
  const { t, language } = useI18n()
  const client = useClient()
  const player = usePlayer(
    async () => (media.size <= wholeUpTo ? URL.createObjectURL(await client.download(media.mediaId)) : client.mediaUrl(media.mediaId)),
    media.durationMs,
  )
  const { playing, position, duration, rate, failed } = player
  const speed = `${new Intl.NumberFormat(language).format(rate)}×`
  const title = media.voice ? t.media.voice : (media.name ?? t.media.audio)
  return (
    <div class={`audio ${media.voice ? 'voice' : ''}`} role="group" aria-label={title} data-state={playing ? 'playing' : 'paused'}>
      <button type="button" class="audio-play" aria-label={playing ? t.media.pause : t.media.play} onClick={player.toggle}>
        <Icon name={playing ? 'pause' : 'play'} />
      </button>
      <div class="audio-middle">
        {!media.voice && (
          <p class="audio-name" dir="auto">
            {title}
          </p>
        )}
        <div class="audio-track">
          {media.voice && <Waveform values={media.waveform ?? []} done={duration ? position / duration : 0} />}
          <input
            type="range"
            min={0}
            max={duration || 1}
            step={100}
            value={position}
            aria-label={t.media.position}
            aria-valuetext={t.media.positionOf(durationOf(position), durationOf(duration))}
            onInput={event => player.seek(event.currentTarget.valueAsNumber)}
          />
        </div>
        <p class="audio-time">{failed ? t.media.playFailed : durationOf(playing || position > 0 ? position : duration)}</p>
      </div>
      <button type="button" class="audio-rate" aria-label={t.media.speed(speed)} onClick={player.faster}>
        {speed}
      </button>
    </div>
  )
}
