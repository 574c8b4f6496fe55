import { pluralIn } from './plural'
import type { threads as texts } from './threads.en'

const plural = pluralIn('de')

export const threads: typeof texts = {
  mentions: {
    label: 'Wer erwähnt werden kann',
    all: 'Alle (all)',
    found: count => plural(count, { one: '# Vorschlag; Pfeiltasten und Eingabetaste wählen', other: '# Vorschläge; Pfeiltasten und Eingabetaste wählen' }),
    jump: 'Dorthin, wo du erwähnt wirst',
  },

  thread: {
    title: 'Thread',
    close: 'Thread schließen',
    messages: 'Nachrichten des Threads',
    none: 'Hier hat noch niemand geantwortet.',
    older: 'Frühere Antworten',
    write: 'Im Thread antworten',
    placeholder: 'Antwort',
    answers: count => plural(count, { one: '# Antwort', other: '# Antworten' }),
    open: count => plural(count, { one: 'Thread mit # Antwort öffnen', other: 'Thread mit # Antworten öffnen' }),
    within: 'In einem Thread',
    openIts: 'Den Thread öffnen, in dem dies steht',
  },
}
