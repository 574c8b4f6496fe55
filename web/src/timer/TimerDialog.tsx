import './Timer.css'
import { isGroup, timerRange } from '@chat/client'
import { useId, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { mayManage } from '../group/rights'
import { useGroup } from '../group/useGroup'
import { useI18n } from '../i18n/I18n'
import { Dialog } from '../ui/Dialog'
import { Problem } from '../ui/Problem'
import { useTask } from '../ui/useTask'
import { inUnits, offered, spanText, units, type Unit } from './spans'

/** After how long later messages disappear, for everybody. In a group owner and admins set it. */
export function TimerDialog({ id, onClose }: { id: string; onClose: () => void }) {
  return isGroup(id) ? <GroupTimer id={id} onClose={onClose} /> : <Timer id={id} maySet onClose={onClose} />
}

function GroupTimer({ id, onClose }: { id: string; onClose: () => void }) {
  const me = useChat(client => client.session?.userId)
  const { group } = useGroup(id)
  const own = group?.members.find(({ userId }) => userId === me)
  return <Timer id={id} maySet={own !== undefined && mayManage(own.role)} onClose={onClose} />
}

const ownUnits = ['minute', 'hour', 'day'] as const satisfies readonly Unit[]

function Timer({ id, maySet, onClose }: { id: string; maySet: boolean; onClose: () => void }) {
  const { t } = useI18n()
  const client = useClient()
  const task = useTask()
  const name = useId()
  const hint = useId()
  const now = useChat(chat => chat.findConversation(id)?.timer ?? 0)
  const [chosen, setChosen] = useState<number | 'own'>(offered.some(one => one === now) ? now : 'own')
  const [own, setOwn] = useState(ownOf(now))
  const seconds = chosen === 'own' ? Number(own.count) * units[own.unit] : chosen
  const isWrong = chosen === 'own' && !(Number.isInteger(seconds) && seconds >= timerRange.least && seconds <= timerRange.most)

  const save = async () => {
    if (isWrong) return
    if (await task.run(() => client.setTimer(id, seconds))) onClose()
  }
  return (
    <Dialog title={t.timer.title} onClose={onClose}>
      <p class="hint">{t.timer.hint}</p>
      {maySet ? (
        <form
          class="dialog-form"
          onSubmit={event => {
            event.preventDefault()
            void save()
          }}
        >
          <fieldset class="timer-spans" aria-label={t.timer.title}>
            {[...offered, 'own' as const].map(one => (
              <label key={one}>
                <input type="radio" name={name} checked={chosen === one} onChange={() => setChosen(one)} />
                {one === 'own' ? t.timer.own : one === 0 ? t.timer.off : spanText(one, t)}
              </label>
            ))}
          </fieldset>
          {chosen === 'own' && (
            <div class="timer-own">
              <input
                type="number"
                inputMode="numeric"
                min={1}
                step={1}
                aria-label={t.timer.count}
                aria-invalid={isWrong}
                aria-describedby={isWrong ? hint : undefined}
                value={own.count}
                onInput={event => setOwn({ ...own, count: event.currentTarget.value })}
              />
              <select aria-label={t.timer.unit} value={own.unit} onChange={event => setOwn({ ...own, unit: event.currentTarget.value as typeof own.unit })}>
                {/* What somebody else has set may be in seconds. */}
                {[...(own.unit === 'second' ? (['second'] as const) : []), ...ownUnits].map(one => (
                  <option key={one} value={one}>
                    {t.timer.units[one]}
                  </option>
                ))}
              </select>
            </div>
          )}
          {isWrong && (
            <p id={hint} class="hint">
              {t.timer.range}
            </p>
          )}
          <Problem text={task.problem} />
          <div class="dialog-buttons">
            <button type="button" class="button plain" onClick={onClose}>
              {t.cancel}
            </button>
            <button type="submit" class="button" disabled={isWrong || task.running}>
              {t.timer.set}
            </button>
          </div>
        </form>
      ) : (
        <>
          <p>{now === 0 ? t.timer.off : spanText(now, t)}</p>
          <p class="hint">{t.timer.admins}</p>
          <div class="dialog-buttons">
            <button type="button" class="button" onClick={onClose}>
              {t.close}
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

function ownOf(seconds: number): { count: string; unit: Exclude<Unit, 'week'> } {
  const { count, unit } = inUnits(seconds || units.hour)
  return unit === 'week' ? { count: `${count * 7}`, unit: 'day' } : { count: `${count}`, unit }
}
