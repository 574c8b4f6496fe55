import { linkify } from './linkify'

export type Mark = '*' | '_' | '~'

/** A part of a line. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string; readonly href?: string }
  | { readonly kind: 'marked'; readonly mark: Mark; readonly parts: readonly Inline[] }
  | { readonly kind: 'code'; readonly fence: '`' | '```'; readonly text: string }

/** A line without what makes it one of a list or a quote; that is its `marker`. */
export interface Line {
  readonly marker: string
  readonly parts: readonly Inline[]
}

/** Lines of one kind that follow each other. `pre` has the lines between its fences. */
export type Paragraph =
  | { readonly kind: 'lines' | 'quote' | 'bullets' | 'numbers'; readonly lines: readonly Line[] }
  | { readonly kind: 'pre'; readonly lines: readonly string[] }

const fence = '```'
const lineBreak = /\r\n|[\n\r\u2028\u2029]/
const marks = /[*_~`]|^(?:>|-|\d{1,9}\.) /m
/** In the order in which they are tried; `*` with a space is a bullet, with anything else it may be bold. */
const markers = [
  ['quote', /^> /],
  ['bullets', /^[*-] (?=\S)/],
  ['numbers', /^\d{1,9}\. (?=\S)/],
] as const
const wordAtEnd = /[\p{L}\p{N}]$/u
const wordAtStart = /^[\p{L}\p{N}]/u

/**
 * What a text says with the marks that people know from other messengers: `*bold*`, `_italic_`, `~strike~`, `` `code` ``, ``` blocks, lists and quotes.
 * A mark stands at the edge of a word and has its partner in the same line; whatever is none stays text. In time linear to the text's length.
 */
export function parseMarks(text: string): readonly Paragraph[] {
  if (!marks.test(text)) return [{ kind: 'lines', lines: text.split(lineBreak).map(line => ({ marker: '', parts: textParts(line) })) }]
  const paragraphs: Paragraph[] = []
  let from = 0
  for (const [start, end] of fences(text)) {
    // The line break before a block and the one after it belong to it.
    if (start > from) addLines(paragraphs, text.slice(from, start).replace(/(\r\n|[\n\r\u2028\u2029])$/, ''))
    paragraphs.push({ kind: 'pre', lines: text.slice(start + fence.length, end).split(lineBreak) })
    from = end + fence.length
    from += /^(?:\r\n|[\n\r\u2028\u2029])/.exec(text.slice(from, from + 2))?.[0].length ?? 0
  }
  if (from < text.length || paragraphs.length === 0) addLines(paragraphs, text.slice(from))
  return paragraphs
}

/** The text in words alone, for one line of a list: without its marks. */
export const withoutMarks = (text: string): string =>
  marks.test(text) ? parseMarks(text).flatMap(one => (one.kind === 'pre' ? one.lines : one.lines.map(({ parts }) => wordsOf(parts)))).join('\n').trim() : text

const wordsOf = (parts: readonly Inline[]): string => parts.map(part => (part.kind === 'marked' ? wordsOf(part.parts) : part.text)).join('')

/** Where blocks of code of several lines begin and end: the places of their fences. */
function fences(text: string): [start: number, end: number][] {
  const found: [number, number][] = []
  let start = text.indexOf(fence)
  while (start >= 0) {
    const end = text.indexOf(fence, start + fence.length)
    if (end < 0) break
    const inside = text.slice(start + fence.length, end)
    if (lineBreak.test(inside) && inside.trim() !== '') found.push([start, end])
    start = text.indexOf(fence, end + fence.length)
  }
  return found
}

function addLines(paragraphs: Paragraph[], text: string) {
  let lines: Line[] = []
  let kind: Exclude<Paragraph['kind'], 'pre'> | undefined
  for (const line of text.split(lineBreak)) {
    const [of, marker] = markerOf(line)
    if (of !== kind) paragraphs.push({ kind: (kind = of), lines: (lines = []) })
    lines.push({ marker, parts: inlineOf(line.slice(marker.length)) })
  }
}

function markerOf(line: string): ['lines' | (typeof markers)[number][0], string] {
  for (const [kind, pattern] of markers) {
    const found = pattern.exec(line)
    if (found) return [kind, found[0]]
  }
  return ['lines', '']
}

const textParts = (line: string): Inline[] => (line === '' ? [] : linkify(line).map(part => ({ kind: 'text', ...part })))

type Token = Inline | Mark

function inlineOf(line: string): readonly Inline[] {
  const tokens = withoutCode(line).flatMap(part => (part.kind === 'text' ? linkify(part.text).flatMap(tokensOf) : part))
  const partner = partners(tokens)
  const build = (from: number, to: number): Inline[] => {
    const parts: Inline[] = []
    for (let at = from; at < to; at++) {
      const token = tokens[at]!
      const close = partner.get(at)
      if (typeof token !== 'string') parts.push(token)
      else if (close === undefined) addText(parts, token)
      else {
        parts.push({ kind: 'marked', mark: token, parts: build(at + 1, close) })
        at = close
      }
    }
    return joined(parts)
  }
  return build(0, tokens.length)
}

/** The line's code, in which no mark counts, and the text between. */
function withoutCode(line: string): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (let at = line.indexOf('`'); at >= 0; at = line.indexOf('`', at)) {
    const by = line.startsWith(fence, at) ? fence : '`'
    const end = line.indexOf(by, at + by.length)
    // No partner here: none further on either.
    if (end < 0) {
      if (by === '`') break
      at += by.length
      continue
    }
    const text = line.slice(at + by.length, end)
    if (text.trim() !== '') {
      if (at > from) parts.push({ kind: 'text', text: line.slice(from, at) })
      parts.push({ kind: 'code', fence: by, text })
      from = end + by.length
    }
    at = end + by.length
  }
  if (from < line.length) parts.push({ kind: 'text', text: line.slice(from) })
  return parts
}

/** An address is one token; marks in other text are tokens of their own. */
function tokensOf({ text, href }: { text: string; href?: string }): Token[] {
  if (href !== undefined) return [{ kind: 'text', text, href }]
  return text.split(/([*_~])/).filter(Boolean).map(piece => (piece === '*' || piece === '_' || piece === '~' ? piece : { kind: 'text', text: piece }))
}

/** For each mark that opens, where its partner closes. Marks of one kind do not stand in each other, so that nothing is deeper than three. */
function partners(tokens: readonly Token[]): Map<number, number> {
  const found = new Map<number, number>()
  const open = new Map<Mark, number>()
  tokens.forEach((token, at) => {
    if (typeof token !== 'string') return
    const [before, after] = [tokens[at - 1], tokens[at + 1]]
    // Twice the same is a line or a decoration.
    if (before === token || after === token) return
    const opened = open.get(token)
    if (opened !== undefined && !/(^|\s)$/.test(endOf(before)) && !wordAtStart.test(startOf(after))) {
      found.set(opened, at)
      // What was opened in between has no partner.
      for (const [mark, place] of open) if (place >= opened) open.delete(mark)
    } else if (!wordAtEnd.test(endOf(before)) && !/^(\s|$)/.test(startOf(after))) open.set(token, at)
  })
  return found
}

/** Two code units are enough to tell a letter. */
const endOf = (token: Token | undefined): string => (token === undefined ? '' : typeof token === 'string' ? token : token.kind === 'text' ? token.text.slice(-2) : '`')
const startOf = (token: Token | undefined): string => (token === undefined ? '' : typeof token === 'string' ? token : token.kind === 'text' ? token.text.slice(0, 2) : '`')

const addText = (parts: Inline[], text: string) => parts.push({ kind: 'text', text })

/** Neighbouring texts as one. */
function joined(parts: readonly Inline[]): Inline[] {
  const out: Inline[] = []
  let run: string[] = []
  const flush = () => {
    if (run.length > 0) out.push({ kind: 'text', text: run.join('') })
    run = []
  }
  for (const part of parts)
    if (part.kind === 'text' && part.href === undefined) run.push(part.text)
    else {
      flush()
      out.push(part)
    }
  flush()
  return out
}
