/** Bars of a voice note: more would be thinner than can be seen. */
const bars = 48

/** The loudness of a voice note over its length. @param done The share that has been played. */
export function Waveform({ values, done }: { values: readonly number[]; done: number }) {
  return (
    <svg class="waveform" viewBox={`0 0 ${bars * 4} 32`} preserveAspectRatio="none" aria-hidden="true">
      {barsOf(values).map((height, at) => (
        <rect x={at * 4} y={16 - height / 2} width={2.4} height={height} rx={1.2} class={(at + 0.5) / bars <= done ? 'done' : ''} />
      ))}
    </svg>
  )
}

/** The loudest of each part, from 3 to 30. */
export function barsOf(values: readonly number[]): number[] {
  return Array.from({ length: bars }, (_, at) => {
    const from = Math.floor((at * values.length) / bars)
    const part = values.slice(from, Math.max(from + 1, Math.floor(((at + 1) * values.length) / bars)))
    return 3 + (27 * Math.max(0, ...part)) / 255
  })
}
