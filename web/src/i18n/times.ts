const minute = 60_000
const day = 86_400_000

/** Times in one language, formatted for one region, in the user's time zone. `now` is always passed in. */
export interface Times {
  /** 14:05 */
  clock(at: number): string
  /** Today, Yesterday, Monday, 3 May 2026: over a day's messages. */
  dayMark(at: number, now: number): string
  /** 14:05, Mon, 03/05/2026: in a list. */
  short(at: number, now: number): string
  /** just now, 5 minutes ago, yesterday: how long it is. */
  ago(at: number, now: number): string
  /** Saturday, 3 May 2026 at 14:05: for whoever wants to know exactly. */
  full(at: number): string
  /** 03/05/2026, 14:05: beside what is taken elsewhere. */
  stamp(at: number): string
}

/** @param locale A language with or without a region: `en-GB` */
export function timesIn(locale: string): Times {
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long' })
  const shortWeekday = new Intl.DateTimeFormat(locale, { weekday: 'short' })
  const date = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' })
  const dateWithYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' })
  const shortDate = new Intl.DateTimeFormat(locale, { dateStyle: 'short' })
  const stamp = new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit' })
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

  return {
    clock: at => clock.format(at),
    full: at => full.format(at),
    stamp: at => stamp.format(at),

    dayMark(at, now) {
      const days = daysBetween(at, now)
      if (days === 0 || days === 1) return capital(relative.format(-days, 'day'))
      if (days > 1 && days < 7) return capital(weekday.format(at))
      return new Date(at).getFullYear() === new Date(now).getFullYear() ? date.format(at) : dateWithYear.format(at)
    },

    short(at, now) {
      const days = daysBetween(at, now)
      if (days <= 0) return clock.format(at)
      return days < 7 ? shortWeekday.format(at) : shortDate.format(at)
    },

    ago(at, now) {
      // A clock that is a little ahead must not give a time in the future.
      const passed = Math.max(0, now - at)
      if (passed < 45_000) return relative.format(0, 'second')
      if (passed < 60 * minute) return relative.format(-Math.max(1, Math.round(passed / minute)), 'minute')
      const days = daysBetween(at, now)
      if (days < 1) return relative.format(-Math.max(1, Math.round(passed / (60 * minute))), 'hour')
      return days < 7 ? relative.format(-days, 'day') : dateWithYear.format(at)
    },
  }
}

/** Midnights between two moments, in local time; a day with a change of clocks is one day as well. */
export function daysBetween(earlier: number, later: number): number {
  return Math.round((midnight(later) - midnight(earlier)) / day)
}

export function isSameDay(a: number, b: number): boolean {
  return midnight(a) === midnight(b)
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

function capital(word: string): string {
  return word.charAt(0).toLocaleUpperCase() + word.slice(1)
}
