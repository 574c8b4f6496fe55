import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** How far from the screen an element is near, CSS pixels. */
const margin = 800
const found = new WeakMap<Element, () => void>()
let watch: IntersectionObserver | undefined

/** Whether the element has been on screen or near it: what it shows is read only then. */
export function useNear(element: RefObject<Element | null>): boolean {
  const [isNear, setNear] = useState(false)
  useEffect(() => {
    const own = element.current
    if (isNear || !own) return
    watch ??= new IntersectionObserver(
      entries => {
        for (const { isIntersecting, target } of entries) if (isIntersecting) found.get(target)?.()
      },
      { rootMargin: `${margin}px` },
    )
    found.set(own, () => setNear(true))
    watch.observe(own)
    return () => watch!.unobserve(own)
  }, [isNear])
  return isNear
}
