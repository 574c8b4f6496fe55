import type { ComponentChildren } from 'preact'
import { linkify } from './linkify'

const lineBreak = /\r\n|[\n\r\u2028\u2029]/

/**
 * A user's text. It is never markup: every part becomes a text node, an address a link. Each line has the direction of its script; the children are
 * shown at the end of the last one.
 */
export function MessageText({ text, children }: { text: string; children: ComponentChildren }) {
  // Media without words.
  if (text === '') return <div class="message-text wordless">{children}</div>
  const lines = text.split(lineBreak)
  return (
    <div class="message-text">
      {lines.map((line, at) => (
        <p dir="auto">
          <span class="message-line">{line ? linkify(line).map(Piece) : <br />}</span>
          {at === lines.length - 1 && children}
        </p>
      ))}
    </div>
  )
}

const Piece = ({ text, href }: { text: string; href?: string }) =>
  href ? (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  ) : (
    text
  )
