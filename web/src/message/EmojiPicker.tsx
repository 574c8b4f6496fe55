import './EmojiPicker.css'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { touchKeyboard } from '../ui/keys'
import { Popup, type Spot } from '../ui/Popup'
import { findEmoji, keepRecent, keepTone, loadEmoji, readRecent, readTone, toned, type Emoji } from './emoji'

/** In CLDR's order, whose third group has parts of emoji alone; with one emoji of each for its tab. */
const groupsOfEmoji = [
  { group: 0, name: 'smileys', sign: '😀' },
  { group: 1, name: 'people', sign: '👋' },
  { group: 3, name: 'nature', sign: '🐻' },
  { group: 4, name: 'food', sign: '🍔' },
  { group: 5, name: 'travel', sign: '🚗' },
  { group: 6, name: 'activities', sign: '⚽' },
  { group: 7, name: 'objects', sign: '💡' },
  { group: 8, name: 'symbols', sign: '❤️' },
  { group: 9, name: 'flags', sign: '🏁' },
] as const
const tones = ['✋', '✋🏻', '✋🏼', '✋🏽', '✋🏾', '✋🏿']
const recentGroup = -1

/**
 * All emoji, by group or search, in the user's skin tone. Not a ready-made picker: those put style elements and markup from strings into the page, which its
 * policy forbids.
 */
export function EmojiPicker({ at, onChoose, onClose }: { at: Spot; onChoose: (emoji: string) => void; onClose: () => void }) {
  const { t, language } = useI18n()
  const [all, setAll] = useState<readonly Emoji[]>()
  const [failed, setFailed] = useState(false)
  const [recent] = useState(readRecent)
  const [group, setGroup] = useState(recent.length > 0 ? recentGroup : 0)
  const [written, setWritten] = useState('')
  const [tone, setTone] = useState(readTone)
  const grid = useRef<HTMLDivElement>(null)

  useEffect(() => {
    loadEmoji(language).then(setAll, error => (console.error(error), setFailed(true)))
  }, [language])
  // The keyboard of a phone would cover half of them.
  useLayoutEffect(() => {
    if (matchMedia(touchKeyboard).matches) grid.current?.parentElement?.querySelector<HTMLElement>('.emoji-group')?.focus()
  }, [])
  const shown = useMemo(() => {
    if (!all) return []
    if (written.trim() !== '') return findEmoji(all, written).map(one => ({ emoji: toned(one, tone), name: one.name }))
    if (group !== recentGroup) return all.filter(one => one.group === group).map(one => ({ emoji: toned(one, tone), name: one.name }))
    const names = new Map(all.flatMap(one => [one.emoji, ...one.tones].map(emoji => [emoji, one.name])))
    return recent.map(emoji => ({ emoji, name: names.get(emoji) ?? emoji }))
  }, [all, written, group, tone, recent])

  const choose = (emoji: string) => {
    keepRecent(emoji)
    onChoose(emoji)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...grid.current!.querySelectorAll<HTMLElement>('button')]
    const here = buttons.indexOf(event.target as HTMLElement)
    const columns = Math.max(1, buttons.findIndex(one => one.offsetTop > buttons[0]!.offsetTop))
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key]
    if (here < 0 || step === undefined) return
    event.preventDefault()
    const next = buttons[here + step]
    if (!next) return
    for (const one of buttons) one.tabIndex = one === next ? 0 : -1
    next.focus()
  }
  const groups = [
    ...(recent.length > 0 ? [{ group: recentGroup, name: t.emoji.recent, sign: '🕘' }] : []),
    ...groupsOfEmoji.map(one => ({ ...one, name: t.emoji.groups[one.name] })),
  ]
  const chosenName = groups.find(one => one.group === group)?.name

  return (
    <Popup class="emoji-picker" label={t.emoji.title} at={at} onClose={onClose}>
      <div class="emoji-top">
        <input
          type="search"
          class="emoji-search"
          placeholder={t.emoji.search}
          aria-label={t.emoji.search}
          value={written}
          onInput={event => setWritten(event.currentTarget.value)}
          onKeyDown={event => {
            const first = shown[0]
            if (event.key !== 'Enter' || !first || written.trim() === '') return
            event.preventDefault()
            choose(first.emoji)
          }}
        />
        <select
          class="emoji-tone"
          aria-label={t.emoji.skin}
          value={tone}
          onChange={event => {
            const chosen = Number(event.currentTarget.value)
            setTone(chosen)
            keepTone(chosen)
          }}
        >
          {tones.map((sign, at) => (
            <option key={at} value={at} aria-label={t.emoji.skins[at]}>
              {sign}
            </option>
          ))}
        </select>
      </div>
      {written.trim() === '' && (
        <div class="emoji-groups" role="group" aria-label={t.emoji.title}>
          {groups.map(({ group: one, name, sign }) => (
            <button key={one} type="button" class="emoji-group" aria-pressed={one === group} aria-label={name} title={name} onClick={() => setGroup(one)}>
              <span aria-hidden="true">{sign}</span>
            </button>
          ))}
        </div>
      )}
      <div ref={grid} class="emoji-grid" tabIndex={shown.length > 0 ? undefined : 0} role="group" aria-label={written.trim() === '' ? chosenName : t.emoji.search} onKeyDown={onKeyDown}>
        {shown.map(({ emoji, name }, at) => (
          <button key={emoji} type="button" class="emoji" tabIndex={at === 0 ? 0 : -1} aria-label={name} title={name} onClick={() => choose(emoji)}>
            <span aria-hidden="true">{emoji}</span>
          </button>
        ))}
      </div>
      {shown.length === 0 && (
        <p class="emoji-none hint" role="status">
          {failed ? t.errors.network : all ? t.emoji.none : t.emoji.loading}
        </p>
      )}
    </Popup>
  )
}
