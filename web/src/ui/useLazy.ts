import { useEffect, useState } from 'preact/hooks'

/** A part that is loaded when it is first wanted; undefined until then. */
export function useLazy<T>(isWanted: boolean, load: () => Promise<T>): T | undefined {
  const [part, setPart] = useState<{ it: T }>()
  useEffect(() => {
    if (isWanted && !part) load().then(it => setPart({ it }), console.error)
  }, [isWanted])
  return part?.it
}
