import { describe, expect, test } from 'vitest'
import { daysBetween, timesIn } from './times'

const at = (month: number, day: number, hour = 12, minute = 0, year = 2026) => new Date(year, month - 1, day, hour, minute).getTime()
const [en, de] = [timesIn('en'), timesIn('de')]
const now = at(5, 20, 10)

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

  test('a list shows the time today, the weekday this week, the date before', () => {
    expect(de.short(at(5, 20, 9, 5), now)).toBe('09:05')
    expect(de.short(at(5, 18), now)).toBe('Mo')
    expect(de.short(at(4, 1), now)).toBe('01.04.26')
  })
})
