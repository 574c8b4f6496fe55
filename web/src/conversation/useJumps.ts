import { mentionsUser, type Timeline } from '@chat/client'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Blocks } from './blocks'
import type { ScrollPlace } from './ScrollPlace'

/** Jumps to a message that may not be loaded yet: loads down to it, scrolls to it and highlights it for a moment. */
export function useJumps(timeline: Timeline, blocks: Blocks, place: { readonly current: ScrollPlace | null }) {
  const [target, setTarget] = useState<{ seqNo: number }>()
  const done = useRef<{ seqNo: number }>(undefined)

  // After each render, as the target may be on the page now.
  useEffect(() => {
    if (!target || done.current === target) return
    const scroller = place.current?.scroller.current
    const element = scroller?.querySelector<HTMLElement>(`li[data-seq="${target.seqNo}"]`)
    if (!element) return
    done.current = target
    place.current!.show(element)
    element.focus({ preventScroll: true })
    lightUp(element)
  })

  return {
    async toMessage(messageId: string) {
      // Message ids rise with time: if older ones are here and this one is not, the user may not see it.
      // A closed timeline loads nothing more.
      while (place.current && !blocks.find(messageId) && timeline.hasOlder && !timeline.error && messageId < (timeline.messages[0]?.messageId ?? ''))
        await timeline.loadOlder().then(() => blocks.update(timeline.messages, timeline.notices))
      const message = blocks.find(messageId)
      if (message) setTarget({ seqNo: message.seqNo })
    },

    /** The first message above a seqNo that mentions the user. @returns Its seqNo, if there is one. */
    async toMention(me: string, after: number) {
      await timeline.loadDownTo(after + 1)
      const first = timeline.messages.find(message => message.seqNo > after && message.senderId !== me && mentionsUser(message, me))
      if (first) setTarget({ seqNo: first.seqNo })
      return first?.seqNo
    },

    async toUnread(readBefore: number) {
      await timeline.loadDownTo(readBefore + 1)
      const first = timeline.messages.find(message => message.seqNo > readBefore)
      if (first) setTarget({ seqNo: first.seqNo })
    },
  }
}

function lightUp(element: HTMLElement) {
  element.classList.add('lit')
  element.addEventListener('animationend', () => element.classList.remove('lit'), { once: true })
}
