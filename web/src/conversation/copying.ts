import { useEffect, useRef } from 'preact/hooks'

/**
 * Several copied messages each get their sender and time, and keep their lines. Of a message that is selected in part, only that part is copied; of a single
 * message only its text.
 * @param headOf What is put before a message's text, if it is one of several.
 */
export function useCopying(scroller: () => Element | null | undefined, headOf: (item: HTMLElement) => string) {
  const latest = useRef({ scroller, headOf })
  latest.current = { scroller, headOf }
  useEffect(() => {
    const copy = (event: ClipboardEvent) => onCopy(event, latest.current.scroller(), latest.current.headOf)
    document.addEventListener('copy', copy)
    return () => document.removeEventListener('copy', copy)
  }, [])
}

function onCopy(event: ClipboardEvent, scroller: Element | null | undefined, headOf: (item: HTMLElement) => string) {
  const selection = getSelection()
  if (event.defaultPrevented || isField(event.target) || !selection || selection.isCollapsed) return
  const chosen = chosenIn(scroller, selection.getRangeAt(0))
  if (chosen.length === 0) return
  event.clipboardData?.setData('text/plain', chosen.map(({ item, text }) => (chosen.length > 1 ? `${headOf(item)}: ${text}` : text)).join('\n'))
  event.preventDefault()
}

function chosenIn(scroller: Element | null | undefined, range: Range): { item: HTMLElement; text: string }[] {
  const items = [...(scroller?.querySelectorAll<HTMLElement>('li.message') ?? [])].filter(item => range.intersectsNode(item))
  return items.flatMap(item => {
    const lines = [...item.querySelectorAll('.message-line')].filter(line => range.intersectsNode(line)).map(line => partOf(line, range))
    return lines.some(Boolean) ? { item, text: lines.join('\n') } : []
  })
}

/** The part of an element's text that is in a range. */
function partOf(element: Element, range: Range): string {
  const part = document.createRange()
  part.selectNodeContents(element)
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset)
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset)
  return part.toString()
}

const isField = (target: EventTarget | null) => target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement
