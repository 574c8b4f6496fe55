/** The forms a language needs of a phrase; `other` is always there. */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

/** Chooses by a language's own rules; `#` in the phrase stands for the number, written its way. */
export function pluralIn(language: string) {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  return (count: number, forms: Forms) => (forms[rules.select(count)] ?? forms.other).replace('#', numbers.format(count))
}
