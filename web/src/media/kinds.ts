import type { MessageMedia } from '@chat/client'
import { withoutMarks } from '../conversation/marks'
import type { Texts } from '../i18n/en'

export type Kind = 'picture' | 'video' | 'audio' | 'file'
/** What is known of a file, sent or not. */
export type Described = Pick<MessageMedia, 'contentType' | 'size' | 'name' | 'durationMs' | 'voice'>

const pictures = /^image\/(jpeg|png|webp|gif|avif|bmp)$/

/** How a file is shown. What a browser may run, as SVG, is a plain file. */
export function kindOf({ contentType }: Pick<MessageMedia, 'contentType'>): Kind {
  if (pictures.test(contentType)) return 'picture'
  if (contentType.startsWith('video/')) return 'video'
  return contentType.startsWith('audio/') ? 'audio' : 'file'
}

/** Shown as a picture, in the grid and in the viewer. */
export const isVisual = (media: Pick<MessageMedia, 'contentType'>) => ['picture', 'video'].includes(kindOf(media))

/** 0:07, 12:30, 1:02:03 */
export function durationOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (value: number) => `${value}`.padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** 1.2 MB */
export function sizeOf(bytes: number, locale: string): string {
  let [value, at] = [bytes, 0]
  while (value >= 999.5 && at < units.length - 1) [value, at] = [value / 1000, at + 1]
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[at], unitDisplay: at === 0 ? 'long' : 'short', maximumFractionDigits: value < 10 && at > 0 ? 1 : 0 }).format(value)
}

/** What media are, in a few words: "Photo", "3 photos", "Voice message (0:12)", "report.pdf". */
export function labelOf(media: readonly Described[], t: Texts): string {
  const [first] = media
  if (!first) return ''
  const kind = kindOf(first)
  if (media.length > 1) {
    const same = media.every(one => kindOf(one) === kind)
    return same && kind === 'picture' ? t.media.photos(media.length) : same && kind === 'video' ? t.media.videos(media.length) : t.media.files(media.length)
  }
  const timed = (what: string) => (first.durationMs === undefined ? what : t.media.timed(what, durationOf(first.durationMs)))
  if (kind === 'picture') return t.media.photo
  if (kind === 'video') return timed(t.media.video)
  if (kind === 'audio') return first.voice ? timed(t.media.voice) : (first.name ?? timed(t.media.audio))
  return first.name ?? t.media.file
}

/** A message in one line: its words, else what it has, or that it was deleted. */
export const lineOf = ({ text, media, deleted }: { text: string; media?: readonly Described[]; deleted?: object }, t: Texts): string =>
  deleted ? t.message.deleted : text || !media ? withoutMarks(text) : labelOf(media, t)

/** An animation would stand still, and what the browser cannot draw is left alone. */
export const canShrink = ({ type }: Pick<Blob, 'type'>) => /^image\/(jpeg|png|webp)$/.test(type)
