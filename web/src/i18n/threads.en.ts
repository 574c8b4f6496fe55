import { pluralIn } from './plural'

const plural = pluralIn('en')

/** Mentions and threads. */
export const threads = {
  mentions: {
    label: 'People to mention',
    all: 'Everybody (all)',
    found: (count: number) => plural(count, { one: '# suggestion; arrow keys and Enter choose', other: '# suggestions; arrow keys and Enter choose' }),
    jump: 'Jump to where you are mentioned',
  },

  thread: {
    title: 'Thread',
    close: 'Close thread',
    messages: 'Messages of the thread',
    none: 'Nobody has answered here yet.',
    older: 'Earlier answers',
    write: 'Answer in the thread',
    placeholder: 'Answer',
    answers: (count: number) => plural(count, { one: '# answer', other: '# answers' }),
    open: (count: number) => plural(count, { one: 'Open the thread with # answer', other: 'Open the thread with # answers' }),
    within: 'In a thread',
    openIts: 'Open the thread in which this stands',
  },
}
