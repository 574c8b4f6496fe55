export type Part = { text: string; href?: string }

const address = /\bhttps?:\/\/[^\s<>"'`]+/gi

/** Splits text into plain parts and web addresses (http and https, nothing else). Joined, the parts are the text again. */
export function linkify(text: string): Part[] {
  if (!text.includes('://')) return [{ text }]
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(address)) {
    const link = withoutTrailingMarks(match[0])
    const href = parseAddress(link)
    if (!href) continue
    if (match.index > end) parts.push({ text: text.slice(end, match.index) })
    parts.push({ text: link, href })
    end = match.index + link.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

/** A sentence's full stop, and a bracket that was opened before the address, are not of it. */
function withoutTrailingMarks(link: string): string {
  for (;;) {
    const last = link.at(-1)!
    const isLooseBracket = (last === ')' && count(link, '(') < count(link, ')')) || (last === ']' && count(link, '[') < count(link, ']'))
    if (!isLooseBracket && !/[.,;:!?…*_]/.test(last)) return link
    link = link.slice(0, -1)
  }
}

function parseAddress(link: string): string | undefined {
  try {
    const url = new URL(link)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
  } catch {
    return undefined
  }
}

const count = (text: string, letter: string) => text.split(letter).length - 1
