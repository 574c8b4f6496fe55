/** Longer ones are shown by their beginning. */
const maxLines = 60
const maxChars = 3_000
/** What is shown of a long one: clearly less, so that the rest is worth a press. */
const shownLines = 30
const shownChars = 1_500

const lineBreaks = /\r\n|[\n\r\u2028\u2029]/g

/** The beginning of a text that would fill the window, cut at a line or between characters; undefined for any other. */
export function beginningOf(text: string): string | undefined {
  const breaks = [...text.matchAll(lineBreaks)]
  if (text.length <= maxChars && breaks.length < maxLines) return undefined
  const shown = text.slice(0, Math.min(shownChars, breaks[shownLines - 1]?.index ?? text.length)).trimEnd()
  // Not within a surrogate pair, and not before a mark that belongs to the last character.
  const cut = shown.replace(/[\uD800-\uDBFF]$/, '').replace(/[\u200D\p{M}]+$/u, '')
  return `${cut || shown}…`
}
