import { useEffect, useRef, useState } from 'preact/hooks'

const rates = [1, 1.5, 2] as const
/** The one that plays: another one ends it. */
let current: HTMLAudioElement | undefined

/**
 * Plays a sound, whose address is asked for at the first use; one of bytes in memory is given back at the end.
 * @param known Its length, ms; a recording's own header often has none.
 */
export function usePlayer(address: () => Promise<string>, known: number | undefined) {
  const audio = useRef<HTMLAudioElement>(undefined)
  const [state, setState] = useState({ playing: false, position: 0, duration: known ?? 0, failed: false })
  const [rate, setRate] = useState<number>(rates[0])
  const change = (more: Partial<typeof state>) => setState(was => ({ ...was, ...more }))

  useEffect(
    () => () => {
      const own = audio.current
      if (!own) return
      own.pause()
      if (own.src.startsWith('blob:')) URL.revokeObjectURL(own.src)
      own.removeAttribute('src')
      if (current === own) current = undefined
    },
    [],
  )

  async function ready(): Promise<HTMLAudioElement> {
    if (audio.current) return audio.current
    const own = (audio.current = new Audio())
    own.preload = 'metadata'
    own.onplay = () => {
      if (current !== own) current?.pause()
      current = own
      change({ playing: true, failed: false })
    }
    own.onpause = () => change({ playing: false })
    own.ontimeupdate = () => change({ position: own.currentTime * 1000 })
    own.ondurationchange = () => Number.isFinite(own.duration) && change({ duration: own.duration * 1000 })
    own.onended = () => change({ playing: false, position: 0 })
    // An address that has ended is asked for again by the next click.
    own.onerror = () => {
      audio.current = undefined
      change({ playing: false, failed: true })
    }
    try {
      own.src = await address()
    } catch (error) {
      audio.current = undefined
      throw error
    }
    return own
  }

  return {
    ...state,
    rate,
    async toggle() {
      if (state.playing) return audio.current?.pause()
      try {
        const own = await ready()
        own.playbackRate = rate
        await own.play()
      } catch (error) {
        // Another click was faster.
        if (!(error instanceof DOMException && error.name === 'AbortError')) change({ playing: false, failed: true })
      }
    },
    seek(position: number) {
      change({ position })
      void ready().then(
        own => void (own.currentTime = position / 1000),
        () => change({ failed: true }),
      )
    },
    faster() {
      const next = rates[(rates.indexOf(rate as 1) + 1) % rates.length]!
      setRate(next)
      if (audio.current) audio.current.playbackRate = next
    },
  }
}
