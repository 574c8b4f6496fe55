import { useState } from 'preact/hooks'

/** Files dragged onto an element. */
export function useDrop(onFiles: (files: readonly File[]) => void) {
  // Entering a child comes before leaving its parent.
  const [depth, setDepth] = useState(0)
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  return {
    isOver: depth > 0,
    handlers: {
      onDragEnter(event: DragEvent) {
        if (!hasFiles(event)) return
        event.preventDefault()
        setDepth(now => now + 1)
      },
      onDragOver(event: DragEvent) {
        if (!hasFiles(event)) return
        event.preventDefault()
        event.dataTransfer!.dropEffect = 'copy'
      },
      onDragLeave(event: DragEvent) {
        if (hasFiles(event)) setDepth(now => Math.max(0, now - 1))
      },
      onDrop(event: DragEvent) {
        if (!hasFiles(event)) return
        event.preventDefault()
        setDepth(0)
        onFiles(droppedFiles(event.dataTransfer!))
      },
    },
  }
}

/** A folder looks like a file and cannot be read as one. */
const droppedFiles = (data: DataTransfer): File[] =>
  [...data.items].filter(item => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory).flatMap(item => item.getAsFile() ?? [])
