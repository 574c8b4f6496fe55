/** A range of seqNos, both ends included. */
export type SeqNoRange = readonly [from: number, to: number]

/** Disjoint and ascending; adjacent ranges are merged. */
export type SeqNoRanges = readonly SeqNoRange[]

/** The ranges with [from, to] added; the same object if nothing is new. An empty range (from > to) adds nothing. */
export function addRange(ranges: SeqNoRanges, from: number, to: number): SeqNoRanges {
  if (from > to || ranges.some(([a, b]) => a <= from && to <= b)) return ranges
  const below: SeqNoRange[] = []
  const above: SeqNoRange[] = []
  for (const range of ranges) {
    if (range[1] < from - 1) below.push(range)
    else if (range[0] > to + 1) above.push(range)
    else [from, to] = [Math.min(from, range[0]), Math.max(to, range[1])]
  }
  return [...below, [from, to], ...above]
}

/** The ranges without one seqNo. */
export const withoutSeqNo = (ranges: SeqNoRanges, seqNo: number): SeqNoRanges =>
  ranges.flatMap(([from, to]): SeqNoRanges => {
    if (seqNo < from || seqNo > to) return [[from, to]]
    const rest: SeqNoRange[] = [[from, seqNo - 1], [seqNo + 1, to]]
    return rest.filter(([a, b]) => a <= b)
  })

/** The range that contains the seqNo. */
export const rangeAt = (ranges: SeqNoRanges, seqNo: number): SeqNoRange | undefined => ranges.find(([from, to]) => from <= seqNo && seqNo <= to)

/** The parts of [from, to] that no range covers, ascending. */
export function missing(ranges: SeqNoRanges, from: number, to: number): SeqNoRanges {
  const gaps: SeqNoRange[] = []
  for (const [a, b] of ranges) {
    if (b < from) continue
    if (a > to) break
    if (from < a) gaps.push([from, a - 1])
    from = b + 1
  }
  if (from <= to) gaps.push([from, to])
  return gaps
}

/** The ranges without anything below a seqNo. */
export const cutBelow = (ranges: SeqNoRanges, seqNo: number): SeqNoRanges =>
  ranges.filter(([, to]) => to >= seqNo).map(([from, to]) => [Math.max(from, seqNo), to] as const)
