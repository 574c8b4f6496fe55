import { createContext, type ComponentChildren } from 'preact'
import { useContext, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import type { Texts } from './en'
import { keepLanguage, languages, localeOf, type Language } from './languages'
import { timesIn, type Times } from './times'

interface I18n {
  language: Language
  t: Texts
  times: Times
  choose(language: Language): Promise<void>
}

const Context = createContext<I18n>(undefined as never)

/** Provides texts and times to everything inside; the first language is loaded before. */
export function I18nProvider(props: { language: Language; texts: Texts; children: ComponentChildren }) {
  const [state, setState] = useState({ language: props.language, t: props.texts })

  // Set together with the texts: screen readers choose their voice by it.
  useLayoutEffect(() => {
    document.documentElement.lang = state.language
  }, [state])

  const value = useMemo<I18n>(
    () => ({
      ...state,
      times: timesIn(localeOf(state.language, navigator.languages)),
      async choose(language) {
        const t = await languages[language].load()
        keepLanguage(language)
        setState({ language, t })
      },
    }),
    [state],
  )
  return <Context.Provider value={value}>{props.children}</Context.Provider>
}

export function useI18n(): I18n {
  return useContext(Context)
}
