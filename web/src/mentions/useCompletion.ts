import type { RefObject } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { begunName, suggestions, withName, type Named } from './mentions'

/** Completes names after an `@` in a text field. The field stays where the focus is; its keys move in the list. */
export function useCompletion(field: RefObject<HTMLTextAreaElement | null>, text: string, members: readonly Named[], me: string, write: (text: string) => void) {
  const id = useId()
  const [caret, setCaret] = useState(0)
  const [at, setAt] = useState(0)
  // What was there when the list was closed by Escape.
  const [closed, setClosed] = useState<string>()
  const place = useRef<number>(undefined)
  const begun = begunName(text, caret)
  const found = begun === undefined || closed === text ? [] : suggestions(members, me, begun)
  // Nothing is left to complete.
  const shown = found.length === 1 && found[0] === begun ? [] : found
  const chosen = Math.min(at, shown.length - 1)

  // After the text is in the field.
  useLayoutEffect(() => {
    if (place.current === undefined) return
    field.current?.setSelectionRange(place.current, place.current)
    place.current = undefined
  })

  const choose = (name: string) => {
    const next = withName(text, caret, begun ?? '', name)
    place.current = next.caret
    setCaret(next.caret)
    setAt(0)
    write(next.text)
    field.current?.focus()
  }

  return {
    id,
    shown,
    chosen,
    choose,
    /** Call when the text or the caret has changed. */
    look: () => {
      const now = field.current?.selectionStart ?? 0
      if (now !== caret) setAt(0)
      setCaret(now)
    },
    /** @returns Whether the key was the list's. */
    onKey(event: KeyboardEvent): boolean {
      if (shown.length === 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step !== undefined) setAt((chosen + step + shown.length) % shown.length)
      else if (event.key === 'Enter' || event.key === 'Tab') choose(shown[chosen]!)
      else if (event.key === 'Escape') setClosed(text)
      else return false
      event.preventDefault()
      event.stopPropagation()
      return true
    },
    /** Of the field. */
    attributes: shown.length > 0 ? ({ 'aria-autocomplete': 'list', 'aria-controls': id, 'aria-activedescendant': `${id}-${chosen}` } as const) : {},
  }
}
