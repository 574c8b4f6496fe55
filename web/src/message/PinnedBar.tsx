import './PinnedBar.css'
import type { Message } from '@chat/client'
import { useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { lineOf } from '../media/kinds'
import { Icon } from '../ui/icons'

/** The newest pinned message; a click goes to it, and the next one to the one pinned before it. */
export function PinnedBar({ pins, me, onJump }: { pins: readonly Message[]; me: string; onJump: (messageId: string) => void }) {
  const { t } = useI18n()
  const [at, setAt] = useState(0)
  const place = at < pins.length ? at : 0
  const pin = pins[place]
  if (!pin) return null
  const who = pin.senderId === me ? t.you : pin.senderId
  return (
    <button
      type="button"
      class="pinned-bar"
      title={t.message.jumpToPinned}
      onClick={() => {
        onJump(pin.messageId)
        setAt((place + 1) % pins.length)
      }}
    >
      <Icon name="pin" />
      <span class="unseen">{pins.length > 1 ? t.message.pinnedPlace(place + 1, pins.length) : t.message.pinned}: </span>
      <span class="pinned-text" dir="auto">
        {who}: {lineOf(pin, t).slice(0, 160).replace(/\s+/g, ' ')}
      </span>
      {pins.length > 1 && (
        <span class="pinned-place" aria-hidden="true">
          {place + 1}/{pins.length}
        </span>
      )}
    </button>
  )
}
