import type { Message, MessageMedia, Outgoing } from '@chat/client'
import type { Opened } from '../message/MessageActions'
import type { Spot } from '../ui/Popup'
import { isVisual } from '../media/kinds'
import { openThread } from '../thread/openThread'

interface Actions {
  find(seqNo: number): Message | undefined
  findOutgoing(clientMsgId: string): Outgoing | undefined
  onReply(message: Message): void
  onOriginal(messageId: string): void
  onView(media: MessageMedia): void
  onSave(media: MessageMedia): void
  onReact(message: Message, emoji: string): void
  onOpen(opened: Opened): void
}

/** How long a finger rests on a message before its menu opens, ms. */
const pressMs = 500
/** How far it may move meanwhile, CSS pixels. */
const slip = 10
let press: { timer: ReturnType<typeof setTimeout>; at: Spot; isDone: boolean } | undefined

/** One listener for the buttons of all messages, and the keys that move from message to message. */
export function messageActions({ find, findOutgoing, onReply, onOriginal, onView, onSave, onReact, onOpen }: Actions) {
  const openMenu = (target: EventTarget | null, at: Spot): boolean => {
    const item = target instanceof Element ? target.closest<HTMLElement>('li.message') : undefined
    const message = item?.dataset['client'] !== undefined ? findOutgoing(item.dataset['client']) : messageAt(target)
    if (!message || ('deleted' in message && message.deleted)) return false
    onOpen({ what: 'menu', message, at })
    return true
  }
  const endPress = () => {
    clearTimeout(press?.timer)
    press = undefined
  }

  const messageAt = (target: EventTarget | null) => {
    const item = target instanceof Element ? target.closest<HTMLElement>('li[data-seq]') : undefined
    return item ? find(Number(item.dataset['seq'])) : undefined
  }

  return {
    onClick(event: MouseEvent) {
      const { action, media: mediaId, emoji } = (event.target instanceof Element && event.target.closest<HTMLElement>('[data-action]')?.dataset) || {}
      const message = action && messageAt(event.target)
      if (!message) return
      if (action === 'reply') onReply(message)
      if (action === 'menu') openMenu(event.target, spotOf(event.target as Element))
      if (action === 'edits') onOpen({ what: 'edits', message, at: spotOf(event.target as Element) })
      if (action === 'react' && emoji) onReact(message, emoji)
      if (action === 'thread') openThread(message)
      if (action === 'original' && message.replyTo) onOriginal(message.replyTo)
      const media = message.media?.find(one => one.mediaId === mediaId)
      if (media && action === 'view') onView(media)
      if (media && action === 'save') onSave(media)
    },

    onContextMenu(event: MouseEvent) {
      const target = event.target as Element
      // The browser's own menu: for addresses, and for what is selected.
      if (target.closest('a, input, textarea') || getSelection()?.isCollapsed === false) return
      const isByKey = event.clientX === 0 && event.clientY === 0
      if (openMenu(target, isByKey ? spotOf(target) : { x: event.clientX, y: event.clientY })) event.preventDefault()
    },

    // Not every browser on a touch screen tells of a long press by itself.
    onTouchStart(event: TouchEvent) {
      endPress()
      const [touch] = event.touches
      if (!touch || event.touches.length > 1) return
      const at = { x: touch.clientX, y: touch.clientY }
      const timer = setTimeout(() => press && (press.isDone = openMenu(event.target, at)), pressMs)
      press = { timer, at, isDone: false }
    },
    onTouchMove({ touches: [touch] }: TouchEvent) {
      if (press && touch && Math.hypot(touch.clientX - press.at.x, touch.clientY - press.at.y) > slip) endPress()
    },
    onTouchEnd(event: TouchEvent) {
      // The click that follows would be one beside the menu.
      if (press?.isDone && event.cancelable) event.preventDefault()
      endPress()
    },
    onTouchCancel: endPress,

    onKeyDown(event: KeyboardEvent) {
      if (event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement)) return
      const scroller = event.currentTarget as HTMLElement
      const item = event.target.closest('li.message')
      if (event.target !== item && event.target !== scroller) return
      if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        const next = item ? neighbour(scroller, item, event.key === 'ArrowUp' ? -1 : 1) : lastItem(scroller)
        if (!next) return
        event.preventDefault()
        next.focus({ preventScroll: true })
        next.scrollIntoView({ block: 'nearest' })
      }
      const key = event.key.toLowerCase()
      if (key === 'm' && item && openMenu(item, spotOf(item))) return event.preventDefault()
      const message = ['enter', 'r', 'o', 't', 'v'].includes(key) ? messageAt(item) : undefined
      if (!message || (message.deleted && key !== 't')) return
      event.preventDefault()
      if (key === 'v') {
        const media = message.media?.find(isVisual)
        if (media) onView(media)
      } else if (key === 't') openThread(message)
      else if (key !== 'o') onReply(message)
      else if (message.replyTo) onOriginal(message.replyTo)
    },
  }
}

function neighbour(scroller: HTMLElement, item: Element, step: -1 | 1): HTMLElement | undefined {
  const items = [...scroller.querySelectorAll<HTMLElement>('li.message')]
  return items[items.indexOf(item as HTMLElement) + step]
}

/** The first arrow key moves to the newest message on screen. */
function lastItem(scroller: HTMLElement): HTMLElement | undefined {
  const bottom = scroller.getBoundingClientRect().bottom
  return [...scroller.querySelectorAll<HTMLElement>('li.message')].findLast(item => item.getBoundingClientRect().top < bottom)
}

/** Where the menu of an element opens: below its first line. */
function spotOf(element: Element): Spot {
  const { left, top } = (element.querySelector('.bubble') ?? element).getBoundingClientRect()
  return { x: left + 16, y: top + 24 }
}
