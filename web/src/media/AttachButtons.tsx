import { useRef } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { touchKeyboard } from '../ui/keys'
import { useMedia } from '../ui/useMedia'

/** Picks files, and on a phone takes a photo. */
export function AttachButtons({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const { t } = useI18n()
  const isTouch = useMedia(touchKeyboard)
  const [files, camera] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)]
  const take = (event: { currentTarget: HTMLInputElement }) => {
    onFiles([...(event.currentTarget.files ?? [])])
    // The same one may be picked again.
    event.currentTarget.value = ''
  }
  return (
    <>
      <button type="button" class="icon-button" aria-label={t.media.attach} onClick={() => files.current?.click()}>
        <Icon name="clip" />
      </button>
      <input ref={files} type="file" multiple hidden data-pick="files" onChange={take} />
      {isTouch && (
        <>
          <button type="button" class="icon-button" aria-label={t.media.camera} onClick={() => camera.current?.click()}>
            <Icon name="camera" />
          </button>
          <input ref={camera} type="file" accept="image/*" capture="environment" hidden data-pick="camera" onChange={take} />
        </>
      )}
    </>
  )
}

/** Files of a paste. Words that come with a picture of themselves, as from a text program, are words. */
export function pastedFiles(event: ClipboardEvent): File[] {
  const data = event.clipboardData
  return data && !data.types.includes('text/plain') ? [...data.files] : []
}
