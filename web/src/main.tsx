import './theme/colours.css'
import './theme/base.css'
import './ui/controls.css'
import { ChatClient } from '@chat/client'
import { render } from 'preact'
import { App } from './app/App'
import { ChatContext } from './app/useChat'
import { I18nProvider } from './i18n/I18n'
import { languages, startLanguage } from './i18n/languages'
import { paintBrowser } from './theme/theme'

paintBrowser()
const language = startLanguage()
const [texts, client] = await Promise.all([languages[language].load(), ChatClient.open({ url: location.origin })])

render(
  <I18nProvider language={language} texts={texts}>
    <ChatContext.Provider value={client}>
      <App />
    </ChatContext.Provider>
  </I18nProvider>,
  document.getElementById('app')!,
)
