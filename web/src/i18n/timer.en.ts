import { pluralIn } from './plural'

const plural = pluralIn('en')

/** Messages that disappear. */
export const timer = {
  timer: {
    title: 'Disappearing messages',
    hint: 'Messages that are sent from now on disappear for everybody after this time. Those that are here stay.',
    off: 'Off',
    own: 'Another time',
    count: 'How many',
    unit: 'Unit',
    units: { second: 'seconds', minute: 'minutes', hour: 'hours', day: 'days' },
    range: 'From a minute to 365 days.',
    set: 'Set',
    admins: 'The group’s owner and admins can change this.',
    goes: (when: string) => `Disappears: ${when}`,
    disappears: 'Disappears',
    span: {
      second: (count: number) => plural(count, { one: '# second', other: '# seconds' }),
      minute: (count: number) => plural(count, { one: '# minute', other: '# minutes' }),
      hour: (count: number) => plural(count, { one: '# hour', other: '# hours' }),
      day: (count: number) => plural(count, { one: '# day', other: '# days' }),
      week: (count: number) => plural(count, { one: '# week', other: '# weeks' }),
    },
    /** Without `who` it is the reader. */
    turnedOn: (who: string | undefined, span: string) => `${who ?? 'You'} set messages to disappear after ${span}`,
    turnedOff: (who: string | undefined) => `${who ?? 'You'} turned disappearing messages off`,
  },
}
