import { pluralIn } from './plural'
import type { timer as texts } from './timer.en'

const plural = pluralIn('de')

export const timer: typeof texts = {
  timer: {
    title: 'Selbstlöschende Nachrichten',
    hint: 'Nachrichten, die ab jetzt gesendet werden, verschwinden nach dieser Zeit bei allen. Was schon da ist, bleibt.',
    off: 'Aus',
    own: 'Andere Zeit',
    count: 'Anzahl',
    unit: 'Einheit',
    units: { second: 'Sekunden', minute: 'Minuten', hour: 'Stunden', day: 'Tage' },
    range: 'Von einer Minute bis 365 Tage.',
    set: 'Einstellen',
    admins: 'Ändern kann das, wem die Gruppe gehört oder wer sie verwaltet.',
    goes: when => `Verschwindet: ${when}`,
    disappears: 'Verschwindet',
    span: {
      second: count => plural(count, { one: '# Sekunde', other: '# Sekunden' }),
      minute: count => plural(count, { one: '# Minute', other: '# Minuten' }),
      hour: count => plural(count, { one: '# Stunde', other: '# Stunden' }),
      day: count => plural(count, { one: '# Tag', other: '# Tage' }),
      week: count => plural(count, { one: '# Woche', other: '# Wochen' }),
    },
    turnedOn: (who, span) => `${who === undefined ? 'Du hast' : `${who} hat`} selbstlöschende Nachrichten eingeschaltet: ${span}`,
    turnedOff: who => `${who === undefined ? 'Du hast' : `${who} hat`} selbstlöschende Nachrichten ausgeschaltet`,
  },
}
