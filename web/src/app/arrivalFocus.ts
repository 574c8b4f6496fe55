import { useEffect, useRef } from 'preact/hooks'

let opened = false

/** After the first view is there, a change of view takes the focus along: a screen reader says where one is now. */
export function viewOpened() {
  opened = true
}

export function isFirstView(): boolean {
  return !opened
}

/** Gives focus to the element once its view has come, except at the very start, where the browser's own place is right. */
export function useArrivalFocus<E extends HTMLElement>() {
  const element = useRef<E>(null)
  useEffect(() => {
    if (!isFirstView()) element.current?.focus({ preventScroll: true })
  }, [])
  return element
}
