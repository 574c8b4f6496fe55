import { isVisual } from './kinds'

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

const gap = 6
const rowHeight = 54

/** What media take in a message, CSS pixels, where there is room for the grid. */
export function heightOf(media: readonly (Parameters<typeof isVisual>[0] & Parameters<typeof boxOf>[0])[]): number {
  const visual = media.filter(isVisual)
  const only = visual.length === 1 ? boxOf(visual[0]!) : undefined
  const tile = gridWidth / 2
  const grid = only ? only.width / only.ratio : visual.length === 0 ? 0 : visual.length === 2 ? tile : visual.length === 3 ? gridWidth / 1.9 + tile : 2 * tile
  const rows = media.length - visual.length
  return Math.round(grid + rows * rowHeight + Math.max(0, rows + (grid ? 1 : 0) - 1) * gap)
}
