import { LinkifyIt } from 'linkify-it'

export type Part = { text: string; href?: string }

// Not the library's own search: that finds no address directly after a letter, and many scripts have no spaces.
const schema = /\bhttps?:/gi
const rules = new LinkifyIt({ urlAuth: true })
/** Punctuation at the end of an address belongs to the sentence. */
const trailing = /[.,;:!?…*_~]+$/

/** Splits text into plain parts and web addresses (http and https, nothing else). Joined, the parts are the text again. */
export function linkify(text: string): Part[] {
  if (!text.includes('://')) return [{ text }]
  const parts: Part[] = []
  let end = 0
  for (const { 0: name, index } of text.matchAll(schema)) {
    const rest = index + name.length
    const length = index < end ? 0 : rules.testSchemaAt(text, name.toLowerCase(), rest)
    const link = text.slice(index, rest + length).replace(trailing, '')
    const href = length > 0 ? parseAddress(link) : undefined
    if (!href) continue
    if (index > end) parts.push({ text: text.slice(end, index) })
    parts.push({ text: link, href })
    end = index + link.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

function parseAddress(link: string): string | undefined {
  try {
    const url = new URL(link)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
  } catch {
    return undefined
  }
}
