import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { refusalText } from '../i18n/refusals'

/** Runs one thing at a time for a form or button: whether it runs, and in plain words why the last run was refused. */
export function useTask(wordsFor?: Parameters<typeof refusalText>[2]) {
  const { t } = useI18n()
  const [running, setRunning] = useState(false)
  const [refusal, setRefusal] = useState<unknown>()
  const alive = useRef(true)
  useEffect(() => () => void (alive.current = false), [])

  const run = useCallback(async (work: () => Promise<unknown>): Promise<boolean> => {
    setRunning(true)
    setRefusal(undefined)
    try {
      await work()
      return true
    } catch (error) {
      if (alive.current) setRefusal(error)
      return false
    } finally {
      if (alive.current) setRunning(false)
    }
  }, [])

  return { running, run, problem: refusal === undefined ? undefined : refusalText(t, refusal, wordsFor) }
}
