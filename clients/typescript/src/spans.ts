/** A stretch of seqNos, both ends included, of which everything that exists is here. */
export type Span = readonly [from: number, to: number]

/** Disjoint, ascending, neighbours joined. */
export type Spans = readonly Span[]

/** The spans with [from, to] added; the same object when it holds nothing new. An empty stretch (from > to) adds nothing. */
export function addSpan(spans: Spans, from: number, to: number): Spans {
  if (from > to || spans.some(([a, b]) => a <= from && to <= b)) return spans
  const before: Span[] = []
  const behind: Span[] = []
  for (const span of spans) {
    if (span[1] < from - 1) before.push(span)
    else if (span[0] > to + 1) behind.push(span)
    else [from, to] = [Math.min(from, span[0]), Math.max(to, span[1])]
  }
  return [...before, [from, to], ...behind]
}

/** The spans without one place. */
export const without = (spans: Spans, at: number): Spans =>
  spans.flatMap(([from, to]): Spans => {
    if (at < from || at > to) return [[from, to]]
    const left: Span[] = [[from, at - 1], [at + 1, to]]
    return left.filter(([a, b]) => a <= b)
  })

/** The span that holds the seqNo. */
export const spanAt = (spans: Spans, seqNo: number): Span | undefined => spans.find(([from, to]) => from <= seqNo && seqNo <= to)

/** The stretches of [from, to] that no span covers, ascending. */
export function missing(spans: Spans, from: number, to: number): Spans {
  const gaps: Span[] = []
  for (const [a, b] of spans) {
    if (b < from) continue
    if (a > to) break
    if (from < a) gaps.push([from, a - 1])
    from = b + 1
  }
  if (from <= to) gaps.push([from, to])
  return gaps
}

/** The spans without anything below a seqNo. */
export const cutBelow = (spans: Spans, seqNo: number): Spans =>
  spans.filter(([, to]) => to >= seqNo).map(([from, to]) => [Math.max(from, seqNo), to] as const)
