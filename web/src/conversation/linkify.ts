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

/** A sentence's full stop, and a bracket that was opened before the address, are not of it. Goes over the address once, however many there are. */
function withoutTrailingMarks(link: string): string {
  const loose: Record<string, number> = { ')': count(link, ')') - count(link, '('), ']': count(link, ']') - count(link, '[') }
  let end = link.length
  for (; end > 0; end--) {
    const last = link[end - 1]!
    const isLooseBracket = last in loose && loose[last]!-- > 0
    if (!isLooseBracket && !/[.,;:!?…*_]/.test(last)) break
  }
  return link.slice(0, end)
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
