/** A tile as it is laid out, CSS pixels. */
export interface Box {
  readonly width: number
  readonly ratio: number
}

/** The grid is this wide where there is room, CSS pixels. */
export const gridWidth = 320
const maxHeight = 380
const minWidth = 140
/** As many are shown in a message; the last one says how many more there are. */
export const maxTiles = 4

/** A picture alone keeps its shape, unless it is very long or very wide. */
export function boxOf({ width, height }: { width?: number; height?: number }): Box {
  if (!width || !height) return { width: 240, ratio: 4 / 3 }
  const ratio = Math.min(Math.max(width / height, 0.5), 2.5)
  return { width: Math.round(Math.max(minWidth, Math.min(gridWidth, width, maxHeight * ratio))), ratio }
}
