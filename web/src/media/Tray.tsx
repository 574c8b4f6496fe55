import './Tray.css'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import type { Chosen } from './chosen'
import { unchoose, useChosen, wantOriginal } from './chosen'
import { canShrink, kindOf, sizeOf } from './kinds'
import { useBlobUrl } from './useBlobUrl'

/** The files that go with the next message. */
export function Tray({ id }: { id: string }) {
  const { t } = useI18n()
  const { files, original } = useChosen(id)
  if (files.length === 0) return null
  return (
    <div class="tray">
      <ul class="tray-files" aria-label={t.media.chosen}>
        {files.map(one => (
          <ChosenFile key={one.id} one={one} onRemove={() => unchoose(id, one.id)} />
        ))}
      </ul>
      {files.some(({ file }) => canShrink(file)) && (
        <label class="tray-original">
          <input type="checkbox" checked={original} onChange={event => wantOriginal(id, event.currentTarget.checked)} />
          {t.media.original}
        </label>
      )}
    </div>
  )
}

function ChosenFile({ one, onRemove }: { one: Chosen; onRemove: () => void }) {
  const { t, language } = useI18n()
  const { file } = one
  const kind = kindOf({ contentType: file.type })
  const { url } = useBlobUrl(kind === 'picture' || kind === 'video' ? () => Promise.resolve(file) : undefined, [one.id])
  return (
    <li class={`tray-file ${kind}`} title={`${file.name}, ${sizeOf(file.size, language)}`}>
      {url && kind === 'picture' ? <img src={url} alt={file.name} /> : url && kind === 'video' ? <video src={url} muted preload="metadata" aria-label={file.name} /> : <Icon name={kind === 'audio' ? 'microphone' : 'file'} />}
      {kind !== 'picture' && (
        <span class="tray-name" dir="auto">
          {file.name}
        </span>
      )}
      <button type="button" class="tray-remove" aria-label={t.media.remove(file.name)} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </li>
  )
}
