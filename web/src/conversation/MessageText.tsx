import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useI18n } from '../i18n/I18n'
import { partsOf } from '../mentions/mentions'
import { beginningOf } from './folding'
import { parseMarks, type Inline, type Line, type Paragraph } from './marks'

const elements = { '*': 'strong', '_': 'em', '~': 's' } as const

/**
 * A user's text, with the marks that are usual in messengers (marks.ts). It is never markup: every part becomes a text node, an address a link. Each line
 * has the direction of its script; the children are shown at the end of the last one. Of a very long one the beginning is shown until the rest is wanted.
 */
export function MessageText({ text, mentions = nobody, children }: Props) {
  // Media without words.
  if (text === '') return <div class="message-text wordless">{children}</div>
  const beginning = beginningOf(text)
  if (beginning !== undefined) return <Folded beginning={beginning} text={text} mentions={mentions} children={children} />
  return <Whole text={text} mentions={mentions} children={children} />
}

interface Props {
  text: string
  mentions?: readonly string[] | undefined
  children: ComponentChildren
}

function Folded({ beginning, text, mentions, children }: Props & { beginning: string }) {
  const { t } = useI18n()
  const [isOpen, setIsOpen] = useState(false)
  if (isOpen) return <Whole text={text} mentions={mentions} children={children} />
  return (
    <>
      <Whole text={beginning} mentions={mentions} children={undefined} />
      <div class="message-end">
        {/* The list does not follow its end for it (ScrollPlace). */}
        <button type="button" class="message-unfold" data-unfold aria-expanded={false} onClick={() => setIsOpen(true)}>
          {t.message.readMore}
        </button>
        {children}
      </div>
    </>
  )
}

function Whole({ text, mentions = nobody, children }: Props) {
  const paragraphs = parseMarks(text)
  const last = paragraphs.at(-1)!
  return (
    <div class="message-text">
      {paragraphs.map(paragraph => ParagraphOf(paragraph, mentions, paragraph === last ? children : undefined))}
      {/* Not within a list, a quote or code. */}
      {last.kind !== 'lines' && <div class="message-end">{children}</div>}
    </div>
  )
}

function ParagraphOf(paragraph: Paragraph, mentions: readonly string[], end: ComponentChildren) {
  switch (paragraph.kind) {
    case 'lines':
      return paragraph.lines.map((line, at) => (
        <p dir="auto">
          <LineOf line={line} mentions={mentions} />
          {at === paragraph.lines.length - 1 && end}
        </p>
      ))
    case 'quote':
      return <blockquote>{paragraph.lines.map(line => <p dir="auto"><LineOf line={line} mentions={mentions} /></p>)}</blockquote>
    case 'bullets':
      return <ul>{paragraph.lines.map(line => <li dir="auto"><LineOf line={line} mentions={mentions} /></li>)}</ul>
    case 'numbers':
      return <ol>{paragraph.lines.map(line => <li dir="auto" value={Number.parseInt(line.marker, 10)}><LineOf line={line} mentions={mentions} /></li>)}</ol>
    case 'pre':
      // The fences stand on lines of their own, as a rule.
      return <pre dir="ltr">{trimmed(paragraph.lines).map(line => <span class="message-line">{line === '' ? <br /> : line}</span>)}</pre>
  }
}

const LineOf = ({ line: { parts }, mentions }: { line: Line; mentions: readonly string[] }) => (
  <span class="message-line">{parts.length > 0 ? parts.map(part => Part(part, mentions)) : <br />}</span>
)

function Part(part: Inline, mentions: readonly string[]): ComponentChildren {
  if (part.kind === 'code') return <code>{part.text}</code>
  if (part.kind === 'marked') {
    const Element = elements[part.mark]
    return <Element>{part.parts.map(inner => Part(inner, mentions))}</Element>
  }
  return part.href ? (
    <a href={part.href} target="_blank" rel="noopener noreferrer">
      {part.text}
    </a>
  ) : mentions.length > 0 ? (
    partsOf(part.text, mentions).map(({ text, mentioned }) => (mentioned === undefined ? text : <span class="mention">{text}</span>))
  ) : (
    part.text
  )
}

const nobody: readonly string[] = []

const trimmed = (lines: readonly string[]) => lines.slice(lines[0]!.trim() === '' ? 1 : 0, lines.at(-1)!.trim() === '' ? -1 : undefined)
