import { expect, test } from 'vitest'
import { localeOf } from './languages'

test.each([
  ['en', ['en-GB', 'en-US', 'en'], 'en-GB'],
  ['en', ['en', 'en-AU'], 'en-AU'],
  ['de', ['de-AT', 'de'], 'de-AT'],
  // The words are the page's, the rest is the reader's region's.
  ['en', ['sv-SE', 'sv', 'en-US'], 'en-SE'],
  ['de', ['en-GB'], 'de-GB'],
  ['en', ['zh-Hant-TW'], 'en-TW'],
  ['en', ['en-GB-u-hc-h12'], 'en-GB-u-hc-h12'],
  ['en', ['fr', 'de'], 'en'],
  ['en', ['not a tag!', 'en-IE'], 'en-IE'],
  ['en', [], 'en'],
] as const)('%s for a browser of %s is %s', (language, wanted, locale) => {
  expect(localeOf(language, wanted)).toBe(locale)
})
