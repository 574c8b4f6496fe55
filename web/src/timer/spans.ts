import type { Texts } from '../i18n/en'

export const units = { second: 1, minute: 60, hour: 3_600, day: 86_400, week: 604_800 } as const
export type Unit = keyof typeof units

/** What is offered; anything else is the user's own. */
export const offered = [0, units.day, units.week, 90 * units.day] as const

/** A time in the largest unit that it is a whole number of. */
export function inUnits(seconds: number): { count: number; unit: Unit } {
  const unit = (Object.keys(units) as Unit[]).findLast(one => seconds % units[one] === 0)!
  return { count: seconds / units[unit], unit }
}

/** 1 day, 90 days, 2 hours. */
export function spanText(seconds: number, t: Texts): string {
  const { count, unit } = inUnits(seconds)
  return t.timer.span[unit](count)
}
