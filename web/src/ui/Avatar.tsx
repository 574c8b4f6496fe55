import './Avatar.css'
import { Icon } from './icons'

const tones = 8

/** Which of the tones somebody has: always the same for the same name. */
export function toneOf(name: string): number {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0
  return hash % tones
}

/** A round sign for a user or group; the name stands beside it, so it is silent. */
export function Avatar({ name, group = false, online = false, size }: { name: string; group?: boolean; online?: boolean; size?: 'small' | 'large' }) {
  return (
    <span class={`avatar tone-${toneOf(name)} ${size ?? ''}`} aria-hidden="true">
      {group ? <Icon name="people" /> : firstLetter(name)}
      {online && <span class="avatar-online" />}
    </span>
  )
}

function firstLetter(name: string): string {
  return (Array.from(name)[0] ?? '?').toLocaleUpperCase()
}
