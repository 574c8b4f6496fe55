import './MediaView.css'
import type { Outgoing, OutgoingFile } from '@chat/client'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { FileLook } from './FileRow'
import { durationOf, isVisual, kindOf } from './kinds'
import { boxOf, maxTiles } from './layout'
import { Grid, MediaView } from './MediaView'
import { PlayMark } from './Tile'
import { useBlobUrl } from './useBlobUrl'
import { Waveform } from './Waveform'

/** The files of an outbox entry, each with how far it has got; what was uploaded before is shown as media. */
export function OutgoingMedia({ item }: { item: Outgoing }) {
  const { t } = useI18n()
  const files = item.files ?? []
  if (files.length === 0) return item.media ? <MediaView media={item.media} who={t.you} /> : null
  const visual = files.filter(isVisual)
  const others = files.filter(file => !isVisual(file))
  const hidden = visual.length - maxTiles
  return (
    <div class="media">
      {visual.length > 0 && (
        <Grid boxOf={visual.length === 1 ? boxOf(visual[0]!) : undefined} count={visual.length}>
          {visual.slice(0, maxTiles).map((file, at) => (
            <span key={file.fileId} class="tile">
              <Look file={file} />
              {at === maxTiles - 1 && hidden > 0 ? <span class="tile-more">+{hidden}</span> : item.state === 'uploading' && <Ring file={file} />}
            </span>
          ))}
        </Grid>
      )}
      {others.map(file => (
        <span key={file.fileId} class="file">
          {file.voice ? (
            <>
              <span class="file-icon">
                <Icon name="microphone" />
              </span>
              <Waveform values={file.waveform ?? []} done={0} />
              <span class="file-size">{durationOf(file.durationMs ?? 0)}</span>
            </>
          ) : (
            <FileLook media={file} />
          )}
          {item.state === 'uploading' && <Ring file={file} />}
        </span>
      ))}
    </div>
  )
}

function Look({ file }: { file: OutgoingFile }) {
  const { t } = useI18n()
  const client = useClient()
  const { url } = useBlobUrl(() => client.outgoingFile(file.fileId), [file.fileId])
  const isPicture = kindOf(file) === 'picture'
  return (
    <span class="tile-look">
      {url && (isPicture ? <img src={url} alt="" /> : <video src={url} muted preload="metadata" aria-hidden="true" tabIndex={-1} />)}
      {!isPicture && <PlayMark durationMs={file.durationMs} />}
      <span class="unseen">{file.name ?? t.media.photoFrom(t.you)}</span>
    </span>
  )
}

const round = 2 * Math.PI * 15

/** How much of a file the server has. */
function Ring({ file }: { file: OutgoingFile }) {
  const uploaded = useChat(client => client.uploadedOf(file.fileId))
  const share = file.media ? 1 : uploaded / Math.max(1, file.size)
  if (share >= 1) return null
  return (
    <span class="ring" aria-hidden="true">
      <svg viewBox="0 0 36 36">
        <circle cx="18" cy="18" r="15" />
        <circle cx="18" cy="18" r="15" class="ring-done" stroke-dasharray={`${Math.max(0.04, share) * round} ${round}`} />
      </svg>
    </span>
  )
}
