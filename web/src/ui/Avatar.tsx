import './Avatar.css'
import { Icon } from './icons'

const tones = 8

/** The colour of a name: always the same for the same name. */
export function toneOf(name: string): number {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0
  return hash % tones
}

/** A round sign for a user or group. Hidden from screen readers, as the name is beside it. */
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
