import { useState } from 'preact/hooks'
import { keepItem } from '../ui/storage'

export type Theme = 'system' | 'light' | 'dark'

const key = 'chat.theme'
const grounds = { light: '#f4f2ee', dark: '#15191b' }

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme']
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** Takes effect at once, and is read by /theme.js before the next first paint. */
export function chooseTheme(theme: Theme) {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  keepItem(key, theme === 'system' ? null : theme)
  paintBrowser()
}

/** The browser's own bars follow the page. */
export function paintBrowser() {
  const theme = currentTheme()
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]'))
    meta.content = grounds[theme === 'system' ? (meta.media.includes('dark') ? 'dark' : 'light') : theme]
}

export function useTheme() {
  const [theme, setTheme] = useState(currentTheme)
  return {
    theme,
    choose(next: Theme) {
      chooseTheme(next)
      setTheme(next)
    },
  }
}
