import { useEffect, useState } from 'preact/hooks'

export const isAttentive = () => document.visibilityState === 'visible' && document.hasFocus()

/** Whether the user is likely to be looking: the page is visible and its window has the focus. Only then messages are marked as read. */
export function useAttentive(): boolean {
  const [attentive, setAttentive] = useState(isAttentive)
  useEffect(() => {
    const look = () => setAttentive(isAttentive())
    look()
    document.addEventListener('visibilitychange', look)
    addEventListener('focus', look)
    addEventListener('blur', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      removeEventListener('focus', look)
      removeEventListener('blur', look)
    }
  }, [])
  return attentive
}
