import { keepItem, readItem } from '../ui/storage'
import { installation } from '../ui/installation'

/** Of emoji-picker-element-data: CLDR's words for each emoji, in one language. */
interface Described {
  readonly emoji: string
  readonly annotation: string
  readonly tags?: readonly string[]
  readonly group: number
  readonly version: number
  readonly skins?: readonly { readonly emoji: string; readonly tone: number | readonly number[] }[]
}

export interface Emoji {
  readonly emoji: string
  readonly name: string
  readonly group: number
  /** Its words, folded. */
  readonly words: readonly string[]
  /** By skin tone, 1 to 5. */
  readonly tones: readonly (string | undefined)[]
}

/** The newest emoji that systems have by now; those of later versions would be boxes for many. */
const newest = 15

/** Unicode's list, which is the server's too: the data have a variation selector after some that need none there. */
const isListed = new RegExp('^\\p{RGI_Emoji}$', 'v')
const asListed = (emoji: string) => (isListed.test(emoji) ? emoji : emoji.replace(/\uFE0F$/, ''))

/** The emoji in a language's words; loaded when first asked for. */
export async function loadEmoji(language: string): Promise<readonly Emoji[]> {
  const data = language === 'de' ? await import('emoji-picker-element-data/de/cldr-native/data.json') : await import('emoji-picker-element-data/en/cldr-native/data.json')
  return emojiOf(data.default as readonly Described[])
}

export const emojiOf = (data: readonly Described[]): Emoji[] =>
  data.filter(({ version }) => version <= newest).map(({ emoji, annotation, tags = [], group, skins = [] }) => ({
    emoji: asListed(emoji),
    name: annotation,
    group,
    words: [annotation, ...tags].flatMap(words => folded(words).split(/[\s-]+/)),
    tones: skins.reduce<(string | undefined)[]>((tones, skin) => {
      if (typeof skin.tone === 'number') tones[skin.tone] = asListed(skin.emoji)
      return tones
    }, []),
  }))

/** Those of which a word begins with each word that was written: those that are called so first, then those with whole words. */
export function findEmoji(all: readonly Emoji[], written: string): Emoji[] {
  const wanted = folded(written).split(/\s+/).filter(Boolean)
  const found = all.filter(({ words }) => wanted.every(want => words.some(word => word.startsWith(want))))
  const name = wanted.join(' ')
  const rank = (one: Emoji) => (folded(one.name) === name ? 0 : wanted.every(want => one.words.includes(want)) ? 1 : 2)
  return found.sort((a, b) => rank(a) - rank(b))
}

export const toned = ({ emoji, tones }: Emoji, tone: number): string => tones[tone] ?? emoji

const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

const key = (what: string) => `${installation.replace('chat', 'chat.emoji')}.${what}`
/** How many are shown as often used. */
const most = 16

/** 0 for none, 1 to 5 from light to dark; kept in this browser. */
export const readTone = (): number => Math.min(5, Math.max(0, Number(readItem(key('tone'))) || 0))
export const keepTone = (tone: number) => keepItem(key('tone'), `${tone}`)

/** The last ones chosen, the latest first. */
export const readRecent = (): string[] => (readItem(key('recent')) ?? '').split(' ').filter(Boolean)
export const keepRecent = (emoji: string) => keepItem(key('recent'), [emoji, ...readRecent().filter(one => one !== emoji)].slice(0, most).join(' '))
