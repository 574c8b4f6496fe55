/** The plural forms of a phrase; `other` is always there. */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

/** Chooses by the language's rules; `#` in the phrase is replaced by the number, formatted for the language. */
export function pluralIn(language: string) {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  return (count: number, forms: Forms) => (forms[rules.select(count)] ?? forms.other).replace('#', numbers.format(count))
}
