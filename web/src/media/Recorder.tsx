import './Recorder.css'
import type { FileToSend } from '@chat/client'
import { useEffect, useReducer, useRef } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { Icon } from '../ui/icons'
import { durationOf } from './kinds'
import { record, type Recording } from './recording'

/** Levels that are shown while it records: the newest. */
const shown = 40

/**
 * Records a voice note in place of the input field, from the moment it is there until it is sent or discarded; leaving the conversation discards it.
 * @param props.onFailed The microphone cannot be used.
 */
export function Recorder({ onSend, onCancel, onFailed }: { onSend: (file: FileToSend) => void; onCancel: () => void; onFailed: () => void }) {
  const { t } = useI18n()
  const recording = useRef<Recording>(undefined)
  const send = useRef<HTMLButtonElement>(null)
  const [, measured] = useReducer<number, void>(count => count + 1, 0)

  useEffect(() => {
    let over = false
    record(() => measured()).then(
      begun => {
        if (over) return begun.discard()
        recording.current = begun
        measured()
        send.current?.focus()
      },
      error => {
        console.warn(error)
        if (!over) onFailed()
      },
    )
    return () => {
      over = true
      recording.current?.discard()
    }
  }, [])

  const finish = async () => {
    const own = recording.current
    if (!own) return
    recording.current = undefined
    onSend(await own.finish())
  }

  const { duration = 0, levels = [] } = recording.current ?? {}
  return (
    <div
      class="recorder"
      role="group"
      aria-label={t.media.recording}
      data-state={recording.current ? 'recording' : 'starting'}
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <button type="button" class="icon-button" aria-label={t.media.recordCancel} onClick={onCancel}>
        <Icon name="bin" />
      </button>
      <span class="recorder-dot" aria-hidden="true" />
      <span class="recorder-time" role="timer">
        {durationOf(duration)}
      </span>
      <span class="recorder-levels" aria-hidden="true">
        {levels.slice(-shown).map(level => (
          <i style={{ height: `${3 + (23 * level) / 255}px` }} />
        ))}
      </span>
      <button ref={send} type="button" class="icon-button composer-send" aria-label={t.media.recordSend} aria-disabled={!recording.current} onClick={finish}>
        <Icon name="send" />
      </button>
    </div>
  )
}
