import { decode, isBlurhashValid } from 'blurhash'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** Pixels of each side: the browser makes it larger, and smooth. */
const side = 32

/** A blurred picture out of some letters, until the true one is there. */
export function Placeholder({ blurhash }: { blurhash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const context = isBlurhashValid(blurhash).result ? canvas.current?.getContext('2d') : undefined
    context?.putImageData(new ImageData(new Uint8ClampedArray(decode(blurhash, side, side)), side, side), 0, 0)
  }, [blurhash])
  return <canvas ref={canvas} class="blurhash" width={side} height={side} aria-hidden="true" />
}
