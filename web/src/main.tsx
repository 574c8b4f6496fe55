import './theme/colours.css'
import './theme/base.css'
import './ui/controls.css'
import { ChatClient, MemoryStore } from '@chat/client'
import { render } from 'preact'
import { App } from './app/App'
import { go } from './app/routes'
import { ChatContext } from './app/useChat'
import { tendDrafts } from './conversation/drafts'
import { shareDrafts } from './conversation/sharedDrafts'
import { tendChosen } from './media/chosen'
import { I18nProvider } from './i18n/I18n'
import { languages, startLanguage } from './i18n/languages'
import { hearWorker, startWorker } from './push/registering'
import { paintBrowser } from './theme/theme'
import { home, installation } from './ui/installation'

/** How long the browser's storage may take to open, ms. */
const soon = 1_000

/** After the page's load, ms. */
const idle = 1_000

/** Without the browser's storage the page works while it is open, and forgets everything when it is closed. */
async function openClient(): Promise<{ client: ChatClient; lasts: boolean }> {
  const options = { url: home.href, name: installation }
  try {
    return { client: await ChatClient.open(options), lasts: true }
  } catch (error) {
    console.warn(error)
    return { client: await ChatClient.open({ ...options, store: new MemoryStore() }), lasts: false }
  }
}

/** After the first load, which comes first. */
function whenIdle(work: () => void) {
  const wait = () => setTimeout(work, idle)
  if (document.readyState === 'complete') wait()
  else addEventListener('load', wait, { once: true })
}

paintBrowser()
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  hearWorker(id => go({ view: 'conversation', id }))
  whenIdle(() => void startWorker().catch(console.warn))
}
const place = document.getElementById('app')!
const language = startLanguage()
const opening = openClient()
const texts = await languages[language].load()
const slow = setTimeout(() => render(<p class="nothing">{texts.loading}</p>, place), soon)
const { client, lasts } = await opening
clearTimeout(slow)
tendDrafts(client, window)
shareDrafts(client)
tendChosen(client)

render(
  <I18nProvider language={language} texts={texts}>
    <ChatContext.Provider value={client}>
      <App lasts={lasts} />
    </ChatContext.Provider>
  </I18nProvider>,
  place,
)
