import { useEffect, useReducer } from 'preact/hooks'

/** A part of the page that is loaded when it is first wanted. The hook gives undefined until then, and afterwards the part at once. */
export function lazyPart<T>(load: () => Promise<T>): (isWanted: boolean) => T | undefined {
  let part: T | undefined
  return isWanted => {
    const [, renderAgain] = useReducer<number, void>(count => count + 1, 0)
    useEffect(() => {
      if (!isWanted || part) return
      load().then(loaded => {
        part = loaded
        renderAgain()
      }, console.error)
    }, [isWanted])
    return part
  }
}
