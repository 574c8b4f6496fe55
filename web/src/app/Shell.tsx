import './Shell.css'
import { isGroup } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { ConversationList } from '../conversations/ConversationList'
import { nameOf } from '../conversations/names'
import { NewConversation } from '../conversations/NewConversation'
import { ConversationView } from '../conversation/ConversationView'
import { Devices } from '../devices/Devices'
import { GroupDetails } from '../group/GroupDetails'
import { useI18n } from '../i18n/I18n'
import { useSharedMedia } from '../media/parts'
import { useNotifications } from '../notifications/useNotifications'
import { useTitle } from '../notifications/useTitle'
import { usePush } from '../push/usePush'
import { Settings } from '../settings/Settings'
import { useThreadPanel } from '../thread/parts'
import { onePane, useMedia } from '../ui/useMedia'
import { Announcer } from './Announcer'
import { viewOpened } from './arrivalFocus'
import { Nothing } from './Nothing'
import { useWatch } from './presence'
import { useRoute, type Route } from './routes'
import { useReturnFocus } from './useReturnFocus'
import { ShortcutsDialog } from './ShortcutsDialog'
import { useShortcuts } from './shortcuts'
import { useChat, useClient } from './useChat'

/** The page after signing in: the list, what is open beside it, and on wide screens a group's details, or what was shared, as a third pane. */
export function Shell() {
  const { t } = useI18n()
  const client = useClient()
  const route = useRoute()
  const [helps, setHelps] = useState(false)
  const id = 'id' in route ? route.id : undefined
  const place = useChat(chat => (id ? nameOf(chat, id, t) : undefined))
  const peers = useChat(chat => peersOf(chat.conversations))
  const isPhone = useMedia(onePane)
  const shared = useSharedMedia(route.view === 'media')
  const thread = useThreadPanel(route.view === 'thread')
  const showHelp = () => setHelps(true)

  useEffect(viewOpened, [])
  useShortcuts(route, showHelp)
  useNotifications()
  usePush()
  useTitle(place ?? titleOfView(route))
  useWatch(peers ? peers.split(' ') : [])
  useReturnFocus(route)

  function titleOfView({ view }: Route) {
    return view === 'settings' ? t.settings.title : view === 'devices' ? t.devices.title : view === 'new' ? t.start.title : undefined
  }

  return (
    <div class="shell" data-view={route.view === 'media' || route.view === 'thread' ? 'details' : route.view}>
      <a class="skip" href="#main" onClick={event => (event.preventDefault(), document.getElementById('main')?.focus())}>
        {t.skipToMain}
      </a>
      <ConversationList current={id} isAlone={isPhone && route.view === 'list'} />
      <main id="main" tabIndex={-1}>
        {route.view === 'new' && <NewConversation />}
        {route.view === 'devices' && <Devices />}
        {route.view === 'settings' && <Settings onShowShortcuts={showHelp} />}
        {route.view === 'list' && <Nothing />}
        {id && client.session && <ConversationView key={id} id={id} beside={route.view === 'details' || route.view === 'media' ? route.view : undefined} />}
      </main>
      {route.view === 'details' && isGroup(route.id) && <GroupDetails key={route.id} id={route.id} />}
      {route.view === 'media' && client.session && shared && <shared.SharedMedia key={route.id} id={route.id} />}
      {route.view === 'thread' && client.session && thread && <thread.ThreadPanel key={route.root} id={route.id} rootId={route.root} />}
      <Announcer current={id} />
      {helps && <ShortcutsDialog onClose={() => setHelps(false)} />}
    </div>
  )
}

/** As one string, so that it is equal while it has the same users. No more than these are on screen. */
function peersOf(conversations: readonly { peer?: string }[]): string {
  return conversations
    .flatMap(({ peer }) => peer ?? [])
    .slice(0, 300)
    .join(' ')
}
