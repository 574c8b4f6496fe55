import type { Message } from '@chat/client'

interface Actions {
  find(seqNo: number): Message | undefined
  onReply(message: Message): void
  onOriginal(messageId: string): void
}

/** One listener for the buttons of all messages, and the keys that move from message to message. */
export function messageActions({ find, onReply, onOriginal }: Actions) {
  const messageAt = (target: EventTarget | null) => {
    const item = target instanceof Element ? target.closest<HTMLElement>('li[data-seq]') : undefined
    return item ? find(Number(item.dataset['seq'])) : undefined
  }

  return {
    onClick(event: MouseEvent) {
      const action = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-action]')?.dataset['action'] : undefined
      const message = action && messageAt(event.target)
      if (!message) return
      if (action === 'reply') onReply(message)
      if (action === 'original' && message.replyTo) onOriginal(message.replyTo)
    },

    onKeyDown(event: KeyboardEvent) {
      if (event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement)) return
      const scroller = event.currentTarget as HTMLElement
      const item = event.target.closest('li')
      if (event.target !== item && event.target !== scroller) return
      if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        const next = item ? neighbour(scroller, item, event.key === 'ArrowUp' ? -1 : 1) : lastItem(scroller)
        if (!next) return
        event.preventDefault()
        next.focus({ preventScroll: true })
        next.scrollIntoView({ block: 'nearest' })
      }
      const key = event.key.toLowerCase()
      const message = key === 'enter' || key === 'r' || key === 'o' ? messageAt(item) : undefined
      if (!message) return
      event.preventDefault()
      if (key !== 'o') onReply(message)
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
