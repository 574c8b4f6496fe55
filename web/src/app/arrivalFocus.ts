import { useEffect, useRef } from 'preact/hooks'

let opened = false

/** After the first view, a change of view moves the focus, so that screen readers announce the new view. */
export function viewOpened() {
  opened = true
}

export function isFirstView(): boolean {
  return !opened
}

/** Focuses the element when its view appears, except for the first view, where the browser's focus is right. */
export function useArrivalFocus<E extends HTMLElement>() {
  const element = useRef<E>(null)
  useEffect(() => {
    if (!isFirstView()) element.current?.focus({ preventScroll: true })
  }, [])
  return element
}
