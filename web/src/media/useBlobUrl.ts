import { useEffect, useState, type Inputs } from 'preact/hooks'

/** An address for bytes, while the component is mounted. `failed` until it is asked for again. */
export function useBlobUrl(load: (() => Promise<Blob | undefined>) | undefined, inputs: Inputs): { url?: string; failed?: true } {
  const [state, setState] = useState<{ url?: string; failed?: true }>({})
  useEffect(() => {
    if (!load) return
    let url: string | undefined
    let over = false
    load().then(
      bytes => {
        if (over) return
        if (bytes) url = URL.createObjectURL(bytes)
        setState(url ? { url } : { failed: true })
      },
      () => over || setState({ failed: true }),
    )
    return () => {
      over = true
      if (url) URL.revokeObjectURL(url)
    }
  }, inputs)
  return state
}
