import type { PushContent } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { allowOnPage, change, firstSettings, lookAtPush, turnOff, turnOn, type PushState } from '../push/push'
import type { PushSettings } from '../push/settings'
import { Choice } from '../ui/Choice'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'

const contents: readonly PushContent[] = ['none', 'sender', 'full']

/** Turns push notifications on, for a click, and off. The browser never asks by itself. */
export function PushSetting() {
  const { t, language } = useI18n()
  const client = useClient()
  const [state, setState] = useState<PushState>()
  const [settings, setSettings] = useState<PushSettings>()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const words = t.settings.push

  const look = async () => {
    const found = await lookAtPush(client)
    setState(found.state)
    setSettings(found.settings)
  }
  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    setProblem('')
    try {
      await work()
    } catch (error) {
      console.warn(error)
      setProblem(words.failed)
    }
    await look()
    setBusy(false)
  }
  useEffect(() => {
    void look()
    // The user may come back from the browser's settings.
    addEventListener('focus', look)
    return () => removeEventListener('focus', look)
  }, [client])

  const set = (changed: Partial<PushSettings>) => run(() => change(client, { ...settings!, ...changed }))
  const buttons: Partial<Record<PushState, [string, () => Promise<void>]>> = {
    off: [words.turnOn, () => turnOn(client, settings ?? firstSettings(language))],
    page: [words.turnOn, allowOnPage],
    on: [words.turnOff, () => turnOff(client)],
  }
  const button = state && buttons[state]
  return (
    <div class="card">
      <div class="setting">
        <p class="setting-words" role="status">
          <Icon name="bell" />
          {state && words[state]}
        </p>
        {button && (
          <button type="button" class="button plain" disabled={isBusy} onClick={() => run(button[1])}>
            {button[0]}
          </button>
        )}
      </div>
      <Problem text={problem} />
      {state === 'on' && settings && (
        <>
          <div class="setting">
            <span aria-hidden="true">{words.content}</span>
            <Choice label={words.content} value={settings.content} disabled={isBusy} onChoose={content => set({ content })} options={contents.map(value => ({ value, label: words.contents[value] }))} />
          </div>
          <p class="hint">{words.contentHint}</p>
          <div class="setting">
            <span aria-hidden="true">{words.sound}</span>
            <Choice
              label={words.sound}
              value={settings.silent ? 'off' : 'on'}
              disabled={isBusy}
              onChoose={sound => set({ silent: sound === 'off' })}
              options={[
                { value: 'on', label: words.sounds.on },
                { value: 'off', label: words.sounds.off },
              ]}
            />
          </div>
        </>
      )}
    </div>
  )
}
