import './MessageMenu.css'
import type { Message, Outgoing } from '@chat/client'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { Icon, type IconName } from '../ui/icons'
import { Popup, type Spot } from '../ui/Popup'
import type { Action } from './actions'

const quick = ['👍', '❤️', '😂', '😮', '😢', '🙏']

const icons: Record<Action, IconName> = {
  reply: 'reply',
  thread: 'thread',
  edit: 'pencil',
  copy: 'copy',
  forward: 'pass',
  pin: 'pin',
  unpin: 'pin',
  reactions: 'smile',
  info: 'info',
  delete: 'bin',
}

interface Props {
  message: Message | Outgoing
  isOwn: boolean
  at: Spot
  actions: readonly Action[]
  /** Absent where nobody can react. */
  onReact?: (emoji: string) => void
  onEmoji: () => void
  onAction(action: Action): void
  onClose(): void
}

/** What can be done with a message. Arrow keys move, Tab does as well. */
export function MessageMenu({ message, isOwn, at, actions, onReact, onEmoji, onAction, onClose }: Props) {
  const { t } = useI18n()
  const box = useRef<HTMLDivElement>(null)
  // With its opening: a moment later it would take back the step of a key that followed at once.
  useLayoutEffect(() => box.current?.querySelector('button')?.focus(), [])
  const mine = 'reactions' in message ? message.reactions?.filter(one => one.mine).map(one => one.emoji) : []

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const all = [...box.current!.querySelectorAll<HTMLElement>('button')]
    all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]?.focus()
  }
  const label = (action: Action) => (action === 'reply' ? t.conversation.reply : t.message[action])
  return (
    <Popup class="message-menu" label={isOwn ? t.message.menuOwn : t.message.menu('senderId' in message ? message.senderId : '')} at={at} onClose={onClose}>
      <div ref={box} onKeyDown={onKeyDown}>
        {onReact && (
          <div class="quick-row" role="group" aria-label={t.message.react}>
            {quick.map(emoji => (
              <button
                key={emoji}
                type="button"
                class={mine?.includes(emoji) ? 'quick mine' : 'quick'}
                aria-label={mine?.includes(emoji) ? t.message.takeBack(emoji) : t.message.reactWith(emoji)}
                onClick={() => onReact(emoji)}
              >
                <span aria-hidden="true">{emoji}</span>
              </button>
            ))}
            <button type="button" class="quick" aria-label={t.message.moreEmoji} title={t.message.moreEmoji} onClick={onEmoji}>
              <Icon name="plus" />
            </button>
          </div>
        )}
        {actions.map(action => (
          <button key={action} type="button" class={action === 'delete' ? 'menu-item danger' : 'menu-item'} onClick={() => onAction(action)}>
            <Icon name={icons[action]} />
            {label(action)}
          </button>
        ))}
      </div>
    </Popup>
  )
}
