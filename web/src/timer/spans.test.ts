import { expect, test } from 'vitest'
import { de } from '../i18n/de'
import { en } from '../i18n/en'
import { spanText } from './spans'

test.each([
  [5, '5 seconds', '5 Sekunden'],
  [60, '1 minute', '1 Minute'],
  [5_400, '90 minutes', '90 Minuten'],
  [86_400, '1 day', '1 Tag'],
  [604_800, '1 week', '1 Woche'],
  [90 * 86_400, '90 days', '90 Tage'],
  [31_536_000, '365 days', '365 Tage'],
])('%d s', (seconds, english, german) => {
  expect([spanText(seconds, en), spanText(seconds, de)]).toEqual([english, german])
})
