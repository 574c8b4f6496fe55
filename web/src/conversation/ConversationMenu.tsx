import { isGroup, type OwnSettings } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { go } from '../app/routes'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { ConfirmDialog, Dialog } from '../ui/Dialog'
import { Icon } from '../ui/icons'
import { Problem } from '../ui/Problem'
import { narrowBar, useMedia } from '../ui/useMedia'
import { useTask } from '../ui/useTask'

type Asked = 'clear' | 'remove'

/** What the user sets for the conversation, on all of its devices. A direct conversation without a message has no settings yet. */
export function ConversationMenu({ id, onTimer }: { id: string; onTimer: () => void }) {
  const { t } = useI18n()
  const client = useClient()
  const [open, setOpen] = useState(false)
  const [asked, setAsked] = useState<Asked>()
  const isThere = useChat(chat => isGroup(id) || (chat.findConversation(id)?.maxSeqNo ?? 0) > 0)
  const task = useTask()

  // Who opens a conversation has seen it.
  useEffect(() => {
    if (client.findConversation(id)?.markedUnread) client.changeSettings(id, { markedUnread: false }).catch(() => undefined)
  }, [])

  const set = async (settings: OwnSettings, leaves = false) => {
    if (!(await task.run(() => client.changeSettings(id, settings)))) return setOpen(true)
    setOpen(false)
    if (leaves) go({ view: 'list' })
  }
  const clearedUpTo = () => client.findConversation(id)?.maxSeqNo ?? 0

  if (!isThere) return null
  return (
    <>
      <button type="button" class="icon-button" id="conversation-menu-button" aria-label={t.own.menu} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="more" />
      </button>
      {open && <MenuDialog id={id} problem={task.problem} running={task.running} onSet={set} onAsk={what => (setOpen(false), setAsked(what))} onTimer={() => (setOpen(false), onTimer())} onClose={() => setOpen(false)} />}
      {asked && (
        <ConfirmDialog
          title={t.own[asked]}
          text={asked === 'clear' ? t.own.clearAsk : t.own.removeAsk}
          action={t.own[asked]}
          onConfirm={() => void (asked === 'clear' ? set({ clearedUpTo: clearedUpTo() }) : set({ archived: true, clearedUpTo: clearedUpTo() }, true))}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  )
}

interface MenuProps {
  id: string
  problem: string | undefined
  running: boolean
  onSet(settings: OwnSettings, leaves?: boolean): void
  onAsk(what: Asked): void
  onTimer(): void
  onClose(): void
}

function MenuDialog({ id, problem, running, onSet, onAsk, onTimer, onClose }: MenuProps) {
  const { t } = useI18n()
  const conversation = useChat(client => client.findConversation(id))
  const pinned = conversation?.pinned ?? false
  const archived = conversation?.archived ?? false
  const isNarrow = useMedia(narrowBar)
  const entries = [
    ...(isNarrow ? [{ label: t.media.shared, act: () => (onClose(), go({ view: 'media', id })) }] : []),
    { label: pinned ? t.own.unpin : t.own.pin, act: () => onSet({ pinned: !pinned }) },
    { label: t.own.markUnread, act: () => onSet({ markedUnread: true }, true) },
    { label: archived ? t.own.unarchive : t.own.archive, act: () => onSet({ archived: !archived }, !archived) },
    { label: t.timer.title, act: onTimer },
    { label: t.own.clear, act: () => onAsk('clear') },
    { label: t.own.remove, act: () => onAsk('remove') },
  ]
  return (
    <Dialog title={t.own.menu} onClose={onClose}>
      <Problem text={problem} />
      {entries.map(({ label, act }) => (
        <button key={label} type="button" class="button plain wide" disabled={running} onClick={act}>
          {label}
        </button>
      ))}
      <div class="dialog-buttons">
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
      </div>
    </Dialog>
  )
}
