import { keepItem, readItem } from '../ui/storage'
import type { Texts } from './en'

/** All languages, by their own names. Each is loaded when it is needed. */
export const languages = {
  en: { name: 'English', load: () => import('./en').then(module => module.en as Texts) },
  de: { name: 'Deutsch', load: () => import('./de').then(module => module.de) },
} as const

export type Language = keyof typeof languages

const key = 'chat.language'

/** The chosen one, else the first of the browser's languages that exists, else English. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  for (const candidate of [stored ?? '', ...wanted]) {
    const language = candidate.toLowerCase().split('-')[0]!
    if (language in languages) return language as Language
  }
  return 'en'
}

/** The language with the region of the browser's first language that has one: `en-GB`, `de-AT`. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  const locale = wanted.flatMap(parseLocale).find(one => one.region !== undefined)
  if (!locale) return language
  return locale.language === language ? locale.toString() : `${language}-${locale.region}`
}

function parseLocale(tag: string): Intl.Locale | [] {
  try {
    return new Intl.Locale(tag)
  } catch {
    return []
  }
}

export function startLanguage(): Language {
  return preferredLanguage(readItem(key), navigator.languages)
}

export function keepLanguage(language: Language) {
  keepItem(key, language)
}
