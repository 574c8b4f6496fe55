import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMarks, withoutMarks, type Inline, type Paragraph } from './marks'

/** Short: `*[bold]`, `` `[code] ``, lines of a paragraph behind its kind. */
const inline = (parts: readonly Inline[]): string =>
  parts.map(part => (part.kind === 'text' ? (part.href ? `<${part.text}>` : part.text) : part.kind === 'code' ? `${part.fence}[${part.text}]` : `${part.mark}[${inline(part.parts)}]`)).join('')
const shown = (text: string) => parseMarks(text).map(one => (one.kind === 'pre' ? `pre: ${one.lines.join('|')}` : `${one.kind}: ${one.lines.map(({ parts }) => inline(parts)).join('|')}`))
const line = (text: string) => shown(text)[0]!.replace('lines: ', '')

/** The text again, from what was made of it. */
const written = (paragraphs: readonly Paragraph[]): string =>
  paragraphs.map(one => (one.kind === 'pre' ? `\`\`\`${one.lines.join('\n')}\`\`\`` : one.lines.map(({ marker, parts }) => marker + marked(parts)).join('\n'))).join('\n')
const marked = (parts: readonly Inline[]): string =>
  parts.map(part => (part.kind === 'text' ? part.text : part.kind === 'code' ? part.fence + part.text + part.fence : part.mark + marked(part.parts) + part.mark)).join('')
const lines = (text: string) => text.replace(/\r\n|[\n\r\u2028\u2029]/g, '\n')
const depth = (parts: readonly Inline[]): number => Math.max(0, ...parts.map(part => (part.kind === 'marked' ? 1 + depth(part.parts) : 0)))

describe('marks', () => {
  test.each([
    ['no marks', 'no marks'],
    ['*bold*, _italic_ and ~strike~', '*[bold], _[italic] and ~[strike]'],
    ['*_both_*', '*[_[both]]'],
    ['(*bold*)!', '(*[bold])!'],
    ['so *it is so*.', 'so *[it is so].'],
    ['5 * 3 * 2', '5 * 3 * 2'],
    ['5*3*2', '5*3*2'],
    ['snake_case_name', 'snake_case_name'],
    ['so * bold*', 'so * bold*'],
    ['*bold *', '*bold *'],
    ['**twice** and ___', '**twice** and ___'],
    ['*a *b*', '*a *[b]'],
    ['*a _b* c_', '*[a _b] c_'],
    ['_a *b_ c*', '_[a *b] c*'],
    ['`*x*` is *x*', '`[*x*] is *[x]'],
    ['``', '``'],
    ['a `b', 'a `b'],
    ['see ```a*b*``` here', 'see ```[a*b*] here'],
    ['*Привет* _日本_ ~سلام~', '*[Привет] _[日本] ~[سلام]'],
    ['日本*x*', '日本*x*'],
    ['*https://example.org/a_b_c*', '*[<https://example.org/a_b_c>]'],
    ['~https://example.org/~', '~[<https://example.org/>]'],
    ['https://example.org/_a_/*b*', '<https://example.org/_a_/*b>*'],
    ['<b>*x*</b>', '<b>*[x]</b>'],
  ])('in a line: %s', (text, expected) => expect(line(text)).toBe(expected))

  test.each([
    ['- one\n- two\nthree', ['bullets: one|two', 'lines: three']],
    ['* one\n* *two*', ['bullets: one|*[two]']],
    ['1. one\n2. two', ['numbers: one|two']],
    ['> so\n> said\nhe', ['quote: so|said', 'lines: he']],
    ['>no quote\n-no list\n1.5 kg', ['lines: >no quote|-no list|1.5 kg']],
    ['*not over\nlines*', ['lines: *not over|lines*']],
    ['see:\n```\na *b*\n  c\n```\nyes', ['lines: see:', 'pre: |a *b*|  c|', 'lines: yes']],
    ['```a\nb``` c', ['pre: a|b', 'lines:  c']],
    ['```\nnever closed', ['lines: ```|never closed']],
    ['a\r\nb *c*', ['lines: a|b *[c]']],
    ['', ['lines: ']],
  ])('over lines: %j', (text, expected) => expect(shown(text)).toEqual(expected))

  test('the words alone, for one line', () => {
    expect(withoutMarks('*Now*: `go`\n> said _she_\n- see https://example.org/a_b')).toBe('Now: go\nsaid she\nsee https://example.org/a_b')
    expect(withoutMarks('plain_text')).toBe('plain_text')
  })

  // Made of what marks are made of, so that they meet in all ways.
  const pieces = fc.constantFrom('*', '_', '~', '`', '```', '\n', '\r\n', '\u2028', ' ', 'a', 'ä', '😀', '> ', '- ', '* ', '12. ', '<b>', '&lt;', 'https://a.b/c_d', 'http://', '.', '(', '"', "'")
  const texts = fc.oneof(fc.array(pieces, { maxLength: 60 }).map(parts => parts.join('')), fc.string({ unit: 'binary', maxLength: 60 }))

  test('nothing is lost, added or put elsewhere: with its marks again it is the text, whatever it is', () => {
    fc.assert(
      fc.property(texts, text => {
        const back = written(parseMarks(text))
        if (!text.includes('```')) expect(back).toBe(lines(text))
        else expect(back.replaceAll('\n', '')).toBe(lines(text).replaceAll('\n', ''))
      }),
      { numRuns: 3_000 },
    )
  })

  test('only text and addresses of http and https come of it, never deeper than three', () => {
    fc.assert(
      fc.property(texts, text => {
        const all = (parts: readonly Inline[]): Inline[] => parts.flatMap(part => (part.kind === 'marked' ? [part, ...all(part.parts)] : [part]))
        for (const one of parseMarks(text)) {
          if (one.kind === 'pre') continue
          for (const { parts } of one.lines) {
            expect(depth(parts)).toBeLessThanOrEqual(3)
            for (const part of all(parts)) {
              if (part.kind === 'text' && part.href !== undefined) expect(part.href).toMatch(/^https?:\/\//)
              if (part.kind === 'marked') expect(part.parts.length).toBeGreaterThan(0)
            }
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })

  // Of a hundred times the longest text: quadratic work would not end within the test's time.
  test.each(['*a', '*a ', ' *a_b~', '*a* ', '`', '` ', '``` ', '```', '```\n', '*_~`', '> ', '- a\n', '1. a\n', '_*a*_ ', '~*_a ', '*\n'])('long texts of one thing are done: %j', part => {
    const text = part.repeat(160_000 / part.length)
    expect(written(parseMarks(text)).replaceAll('\n', '').length).toBe(lines(text).replaceAll('\n', '').length)
  })
})
