import { useLayoutEffect, useRef } from 'preact/hooks'

let opened = false

/** After the first view, a change of view moves the focus, so that screen readers announce the new view. */
export function viewOpened() {
  opened = true
}

export function isFirstView(): boolean {
  return !opened
}

/**
 * Focuses the element when its view appears, except for the first view, where the browser's focus is right. With the view and not after it was painted: a key
 * that follows at once belongs to the view.
 * @param isElsewhere something in the view takes the focus itself
 */
export function useArrivalFocus<E extends HTMLElement>(isElsewhere = false) {
  const element = useRef<E>(null)
  useLayoutEffect(() => {
    if (!isFirstView() && !isElsewhere) element.current?.focus({ preventScroll: true })
  }, [])
  return element
}
