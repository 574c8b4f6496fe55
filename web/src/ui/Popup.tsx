import './Popup.css'
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** A place of the window, CSS pixels. */
export interface Spot {
  readonly x: number
  readonly y: number
}

/** Least distance from the window's edge, CSS pixels. */
const edge = 8

/** A small modal thing at a place of the window; on a phone a sheet at its bottom. A click beside it and Escape close it, and focus goes back to where it was. */
export function Popup({ label, at, class: own, onClose, children }: { label: string; at: Spot; class: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  // The browser tells of a close later; what comes after this one may be open by then.
  const isOver = useRef(false)

  useLayoutEffect(() => {
    const before = document.activeElement
    const shown = dialog.current!
    shown.showModal()
    return () => {
      isOver.current = true
      shown.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])

  // Again when its content has grown, as by what was loaded.
  useLayoutEffect(() => {
    const shown = dialog.current!
    const place = () => {
      const { width, height } = shown.getBoundingClientRect()
      const within = (wanted: number, size: number, room: number) => Math.max(edge, Math.min(wanted, room - size - edge))
      shown.style.left = `${within(at.x, width, innerWidth)}px`
      shown.style.top = `${within(at.y, height, innerHeight)}px`
    }
    const clear = () => ((shown.style.left = ''), (shown.style.top = ''))
    const phone = matchMedia('(max-width: 719.98px)')
    const look = () => (phone.matches ? clear() : place())
    look()
    const sizes = new ResizeObserver(look)
    sizes.observe(shown)
    addEventListener('resize', look)
    return () => {
      sizes.disconnect()
      removeEventListener('resize', look)
    }
  }, [at.x, at.y])

  return (
    <dialog
      ref={dialog}
      class={`popup ${own}`}
      aria-label={label}
      onClose={() => isOver.current || onClose()}
      onClick={event => {
        // What lies beside it is the dialog itself; its own padding too.
        if (dialog.current && event.target === dialog.current && isOutside(event, dialog.current.getBoundingClientRect())) onClose()
      }}
      onContextMenu={event => event.preventDefault()}
      // Escape is its own and goes no further.
      onKeyDown={event => event.stopPropagation()}
    >
      {children}
    </dialog>
  )
}

const isOutside = ({ clientX, clientY }: MouseEvent, { left, right, top, bottom }: DOMRect) => clientX < left || clientX > right || clientY < top || clientY > bottom
