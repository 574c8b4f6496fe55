import { linkify } from './linkify'

/** A user's text. It is never markup: every part becomes a text node, an address an element made here. */
export function MessageText({ text }: { text: string }) {
  return (
    <p class="message-text" dir="auto">
      {linkify(text).map(part =>
        part.href ? (
          <a href={part.href} target="_blank" rel="noopener noreferrer">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </p>
  )
}
