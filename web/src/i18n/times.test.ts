import { describe, expect, test } from 'vitest'
import { daysBetween, timesIn } from './times'

const at = (month: number, day: number, hour = 12, minute = 0, year = 2026) => new Date(year, month - 1, day, hour, minute).getTime()
const [en, de] = [timesIn('en'), timesIn('de')]
const now = at(5, 20, 10)

/** Before AM and PM stands a narrow one. */
const plainSpaces = (text: string) => text.replace(/\s/g, ' ')

describe('times', () => {
  test('days are counted by midnights, not by hours', () => {
    expect(daysBetween(at(5, 19, 23, 59), at(5, 20, 0, 1))).toBe(1)
    expect(daysBetween(at(5, 20, 0, 1), at(5, 20, 23, 59))).toBe(0)
    expect(daysBetween(at(3, 28), at(3, 30))).toBe(2)
  })

  test.each([
    [at(5, 20, 1), 'Today', 'Heute'],
    [at(5, 19, 23), 'Yesterday', 'Gestern'],
    [at(5, 17), 'Sunday', 'Sonntag'],
    [at(1, 2), 'Friday, January 2', 'Freitag, 2. Januar'],
    [at(12, 31, 12, 0, 2025), 'December 31, 2025', '31. Dezember 2025'],
  ])('a day has the name that one would give it', (when, english, german) => {
    expect(en.dayMark(when, now)).toBe(english)
    expect(de.dayMark(when, now)).toBe(german)
  })

  test.each([
    [now - 10_000, 'now', 'jetzt'],
    [now - 5 * 60_000, '5 minutes ago', 'vor 5 Minuten'],
    [now - 3 * 3_600_000, '3 hours ago', 'vor 3 Stunden'],
    [at(5, 19, 23), 'yesterday', 'gestern'],
    [at(5, 1), 'May 1, 2026', '1. Mai 2026'],
    [now + 60_000, 'now', 'jetzt'],
  ])('how long ago something was', (when, english, german) => {
    expect(en.ago(when, now)).toBe(english)
    expect(de.ago(when, now)).toBe(german)
  })

  test.each([
    ['en-GB', '16:03', '30/10/2026', '30/10/2026, 16:03', 'Friday 30 October'],
    ['en-US', '4:03 PM', '10/30/26', '10/30/2026, 04:03 PM', 'Friday, October 30'],
    ['en-SE', '16:03', '2026-10-30', '2026-10-30, 16:03', 'Friday, 30 October'],
    ['de-AT', '16:03', '30.10.26', '30.10.2026, 16:03', 'Freitag, 30. Oktober'],
  ])('times are written as the region writes them: %s', (locale, clock, short, stamp, dayMark) => {
    const when = at(10, 30, 16, 3)
    const later = at(12, 30)

    const times = timesIn(locale)

    expect([times.clock(when), times.short(when, later), times.stamp(when), times.dayMark(when, later)].map(plainSpaces)).toEqual([clock, short, stamp, dayMark])
  })

  test('a list shows the time today, the weekday this week, the date before', () => {
    expect(de.short(at(5, 20, 9, 5), now)).toBe('09:05')
    expect(de.short(at(5, 18), now)).toBe('Mo')
    expect(de.short(at(4, 1), now)).toBe('01.04.26')
  })
})
