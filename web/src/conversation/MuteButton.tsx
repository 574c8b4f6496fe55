import { isGroup, isMuted, mutedAlways } from '@chat/client'
import { useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { Dialog } from '../ui/Dialog'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { useNow } from '../ui/useNow'
import { useTask } from '../ui/useTask'

const hour = 3_600_000
const spans = { hour, hours8: 8 * hour, week: 7 * 24 * hour, always: undefined }
type Span = keyof typeof spans

/** Mutes the conversation on all of the user's devices, or ends that. A direct conversation without a message cannot be muted yet. */
export function MuteButton({ id }: { id: string }) {
  const { t } = useI18n()
  const [open, setOpen] = useState(false)
  const mutedUntil = useChat(client => client.findConversation(id)?.mutedUntil)
  const isThere = useChat(client => isGroup(id) || (client.findConversation(id)?.maxSeqNo ?? 0) > 0)
  const muted = isMuted({ mutedUntil }, useNow())
  if (!isThere) return null
  return (
    <>
      <button type="button" class="icon-button" id="mute-button" aria-label={muted ? t.mute.muted : t.mute.mute} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name={muted ? 'bellOff' : 'bell'} />
      </button>
      {open && <MuteDialog id={id} until={muted ? mutedUntil : undefined} onClose={() => setOpen(false)} />}
    </>
  )
}

function MuteDialog({ id, until, onClose }: { id: string; until: number | undefined; onClose: () => void }) {
  const { t, times } = useI18n()
  const client = useClient()
  const task = useTask()
  const set = async (time: number | undefined) => {
    if (await task.run(() => client.mute(id, time))) onClose()
  }
  return (
    <Dialog title={t.mute.mute} onClose={onClose}>
      <p class="hint">{until === undefined ? t.mute.hint : until < mutedAlways ? t.mute.until(times.full(until)) : t.mute.forEver}</p>
      <Problem text={task.problem} />
      {(Object.keys(spans) as Span[]).map(span => (
        <button key={span} type="button" class="button plain wide" disabled={task.running} onClick={() => set(untilOf(span))}>
          {t.mute.spans[span]}
        </button>
      ))}
      {until !== undefined && (
        <button type="button" class="button wide" disabled={task.running} onClick={() => set(undefined)}>
          {t.mute.unmute}
        </button>
      )}
      <div class="dialog-buttons">
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
      </div>
    </Dialog>
  )
}

const untilOf = (span: Span): number => {
  const ms = spans[span]
  return ms === undefined ? mutedAlways : Date.now() + ms
}
