import { useRef, useState } from 'preact/hooks'

const maxZoom = 6
const doubleTap = 2.5
/** Moved so far, CSS pixels, it was a swipe. */
const swipe = 60

interface View {
  readonly zoom: number
  readonly x: number
  readonly y: number
}

const whole: View = { zoom: 1, x: 0, y: 0 }

/**
 * Fingers, mouse and wheel on a picture: pinch, wheel and double click zoom, a zoomed one is moved, a whole one is swiped to the next or away.
 * @param on.key Another one starts whole.
 */
export function useGestures(on: { onSwipe(by: 1 | -1): void; onAway(): void; key: string }) {
  const [kept, keepView] = useState({ key: on.key, view: whole })
  const view = kept.key === on.key ? kept.view : whole
  const setView = (next: View) => keepView({ key: on.key, view: next })
  const pointers = useRef(new Map<number, { x: number; y: number }>())
  const began = useRef<{ x: number; y: number; distance?: number; view: View }>(undefined)

  const zoomTo = (zoom: number, from: View = view) => {
    const next = Math.min(Math.max(zoom, 1), maxZoom)
    const share = next / from.zoom
    setView(next === 1 ? whole : { zoom: next, x: from.x * share, y: from.y * share })
  }
  const toggle = () => (view.zoom > 1 ? setView(whole) : zoomTo(doubleTap))
  const middle = () => {
    const all = [...pointers.current.values()]
    return { x: all.reduce((sum, { x }) => sum + x, 0) / all.length, y: all.reduce((sum, { y }) => sum + y, 0) / all.length }
  }
  const distance = () => {
    const [one, other] = [...pointers.current.values()]
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : undefined
  }
  const begin = () => void (began.current = pointers.current.size > 0 ? { ...middle(), distance: distance(), view } : undefined)

  return {
    isZoomed: view.zoom > 1,
    zoomBy: (by: number) => zoomTo(view.zoom * by),
    reset: () => setView(whole),
    toggle,
    style: { transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` },
    stage: {
      onDblClick: toggle,
      onWheel: (event: WheelEvent) => {
        event.preventDefault()
        zoomTo(view.zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2))
      },
      onPointerDown: (event: PointerEvent) => {
        if (event.target instanceof HTMLVideoElement) return
        pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
        ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
        begin()
      },
      onPointerMove: (event: PointerEvent) => {
        const start = began.current
        if (!start || !pointers.current.has(event.pointerId)) return
        pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
        const [now, apart] = [middle(), distance()]
        const { view: from } = start
        const moved = { x: from.x + now.x - start.x, y: from.y + now.y - start.y }
        if (apart !== undefined && start.distance) zoomTo(from.zoom * (apart / start.distance), from)
        else if (from.zoom > 1) setView({ zoom: from.zoom, ...moved })
      },
      onPointerUp: (event: PointerEvent) => {
        const start = began.current
        const isLast = pointers.current.size === 1
        const by = { x: event.clientX - (start?.x ?? event.clientX), y: event.clientY - (start?.y ?? event.clientY) }
        pointers.current.delete(event.pointerId)
        if (start && isLast && start.distance === undefined && start.view.zoom === 1) {
          if (Math.abs(by.x) > swipe && Math.abs(by.x) > Math.abs(by.y)) on.onSwipe(by.x < 0 ? 1 : -1)
          else if (event.pointerType === 'touch' && by.y > 2 * swipe) on.onAway()
        }
        begin()
      },
      onPointerCancel: (event: PointerEvent) => {
        pointers.current.delete(event.pointerId)
        begin()
      },
    },
  }
}
