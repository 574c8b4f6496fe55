import type { FileToSend } from '@chat/client'

/** Of a voice note: speech needs no more, bits a second. */
const bitRate = 32_000
/** The longest voice note, ms: the recording pauses there. */
export const longest = 15 * 60_000
/** Between two measures of the loudness, ms. */
const measure = 50
const types = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4']
/** Values of the loudness that a message takes. */
const maxValues = 100

export interface Recording {
  /** How long it is so far, ms. */
  readonly duration: number
  /** Its loudness so far, 0 to 255, one for each 50 ms. */
  readonly levels: readonly number[]
  /** Ends it. */
  finish(): Promise<FileToSend>
  /** Ends it and keeps nothing. */
  discard(): void
}

/** Records from the microphone. Rejects where the user or the browser does not allow it. @param onMeasured Called with each measure. */
export async function record(onMeasured: () => void): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
  const end = () => stream.getTracks().forEach(track => track.stop())
  try {
    return begin(stream, end, onMeasured)
  } catch (error) {
    end()
    throw error
  }
}

function begin(stream: MediaStream, end: () => void, onMeasured: () => void): Recording {
  const mimeType = types.find(type => MediaRecorder.isTypeSupported(type))
  const recorder = new MediaRecorder(stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: bitRate })
  const parts: Blob[] = []
  recorder.ondataavailable = ({ data }) => void parts.push(data)

  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const levels: number[] = []
  const [began, state] = [performance.now(), { duration: 0 }]
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    levels.push(levelOf(samples))
    state.duration = performance.now() - began
    if (state.duration >= longest) stop()
    onMeasured()
  }, measure)

  function stop() {
    clearInterval(timer)
    if (recorder.state === 'recording') recorder.pause()
  }

  function close() {
    clearInterval(timer)
    end()
    void context.close()
  }

  recorder.start(1_000)
  return {
    get duration() {
      return state.duration
    },
    levels,
    async finish() {
      const durationMs = Math.round(performance.now() - began)
      stop()
      await new Promise(stopped => {
        recorder.onstop = stopped
        recorder.stop()
      })
      close()
      const type = recorder.mimeType.split(';')[0]!
      return { file: new Blob(parts, { type }), voice: true, durationMs: Math.min(durationMs, longest), waveform: waveformOf(levels) }
    },
    discard() {
      if (recorder.state !== 'inactive') recorder.stop()
      close()
    },
  }
}

/** The loudness of samples from -1 to 1 as 0 to 255; speech is far below the loudest possible. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < samples.length; at++) sum += samples[at]! ** 2
  return Math.round(255 * Math.min(1, Math.sqrt(sum / Math.max(1, samples.length)) * 4))
}

/** At most 100 values, each the loudest of its part. */
export function waveformOf(levels: readonly number[]): number[] {
  const count = Math.min(maxValues, levels.length)
  return Array.from({ length: count }, (_, at) => Math.max(...levels.slice(Math.floor((at * levels.length) / count), Math.floor(((at + 1) * levels.length) / count))))
}
