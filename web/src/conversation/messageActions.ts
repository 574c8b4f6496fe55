import type { Message, MessageMedia } from '@chat/client'
import { isVisual } from '../media/kinds'

interface Actions {
  find(seqNo: number): Message | undefined
  onReply(message: Message): void
  onOriginal(messageId: string): void
  onView(media: MessageMedia): void
  onSave(media: MessageMedia): void
}

/** One listener for the buttons of all messages, and the keys that move from message to message. */
export function messageActions({ find, onReply, onOriginal, onView, onSave }: Actions) {
  const messageAt = (target: EventTarget | null) => {
    const item = target instanceof Element ? target.closest<HTMLElement>('li[data-seq]') : undefined
    return item ? find(Number(item.dataset['seq'])) : undefined
  }

  return {
    onClick(event: MouseEvent) {
      const { action, media: mediaId } = (event.target instanceof Element && event.target.closest<HTMLElement>('[data-action]')?.dataset) || {}
      const message = action && messageAt(event.target)
      if (!message) return
      if (action === 'reply') onReply(message)
      if (action === 'original' && message.replyTo) onOriginal(message.replyTo)
      const media = message.media?.find(one => one.mediaId === mediaId)
      if (media && action === 'view') onView(media)
      if (media && action === 'save') onSave(media)
    },

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
      const message = ['enter', 'r', 'o', 'v'].includes(key) ? messageAt(item) : undefined
      if (!message) return
      event.preventDefault()
      if (key === 'v') {
        const media = message.media?.find(isVisual)
        if (media) onView(media)
      } else if (key !== 'o') onReply(message)
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
