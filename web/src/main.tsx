import './theme/colours.css'
import './theme/base.css'
import './ui/controls.css'
import { ChatClient, MemoryStore } from '@chat/client'
import { render } from 'preact'
import { App } from './app/App'
import { ChatContext } from './app/useChat'
import { tendDrafts } from './conversation/drafts'
import { I18nProvider } from './i18n/I18n'
import { languages, startLanguage } from './i18n/languages'
import { paintBrowser } from './theme/theme'

/** Without the browser's storage the page works as long as it is open; it then is a device that forgets. */
async function openClient(): Promise<ChatClient> {
  const url = location.origin
  try {
    return await ChatClient.open({ url })
  } catch (error) {
    console.warn(error)
    return ChatClient.open({ url, store: new MemoryStore() })
  }
}

paintBrowser()
const language = startLanguage()
const [texts, client] = await Promise.all([languages[language].load(), openClient()])
tendDrafts(client, window)

render(
  <I18nProvider language={language} texts={texts}>
    <ChatContext.Provider value={client}>
      <App />
    </ChatContext.Provider>
  </I18nProvider>,
  document.getElementById('app')!,
)
