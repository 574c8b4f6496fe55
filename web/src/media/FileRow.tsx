import type { MessageMedia } from '@chat/client'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { sizeOf, type Described } from './kinds'

/** A file by name and size; the click saves it. */
export function FileRow({ media }: { media: MessageMedia }) {
  const { t } = useI18n()
  return (
    <button type="button" class="file" data-action="save" data-media={media.mediaId}>
      <span class="unseen">{t.media.save}</span>
      <FileLook media={media} />
    </button>
  )
}

export function FileLook({ media }: { media: Described }) {
  const { t, language } = useI18n()
  return (
    <>
      <span class="file-icon">
        <Icon name="file" />
      </span>
      <span class="file-words">
        <span class="file-name" dir="auto">{media.name ?? t.media.file}</span>
        <span class="file-size">{sizeOf(media.size, language)}</span>
      </span>
    </>
  )
}
