import { isGroup, type Change, type Message, type Outgoing, type Timeline } from '@chat/client'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useClient } from '../app/useChat'
import { mayManage } from '../group/rights'
import { useGroup } from '../group/useGroup'
import type { Texts } from '../i18n/en'
import { useI18n } from '../i18n/I18n'
import { refusalText } from '../i18n/refusals'
import { ConfirmDialog } from '../ui/Dialog'
import type { Spot } from '../ui/Popup'
import { Problem } from '../ui/Problem'
import { openThread } from '../thread/openThread'
import { actionsOf, isSent, type Action } from './actions'
import { copyText } from './copyText'
import { useDialogs, useEmojiPicker, useMenu } from './parts'

/** What is open of a message. */
export interface Opened {
  readonly what: 'menu' | 'emoji' | 'edits' | Extract<Action, 'forward' | 'reactions' | 'info' | 'delete'>
  readonly message: Message | Outgoing
  readonly at: Spot
}

/** How long a refusal stays, ms. */
const problemMs = 12_000
/** How long it is said that something was copied, ms. */
const copiedMs = 2_500

interface Props {
  timeline: Timeline
  me: string
  canChange: boolean
  /** Also what the server refuses later is told here. */
  tellsRefused?: boolean
  within?: 'thread'
  opened: Opened | undefined
  onOpen(opened: Opened | undefined): void
  onReply(message: Message): void
  onEdit(message: Message | Outgoing): void
}

/** The menu of a message, and what is done by it; also what was refused of it. */
export function MessageActions({ timeline, me, canChange, tellsRefused = true, within, opened, onOpen, onReply, onEdit }: Props) {
  const { t } = useI18n()
  const client = useClient()
  const [problem, setProblem] = useState<string>()
  const [copied, setCopied] = useState(false)
  const mayDelete = isGroup(timeline.conversationId)
  const menu = useMenu(opened?.what === 'menu')
  const picker = useEmojiPicker(opened?.what === 'emoji')
  const dialogs = useDialogs(opened !== undefined && ['edits', 'forward', 'reactions', 'info'].includes(opened.what))

  useEffect(
    () =>
      client.subscribe(changes => {
        const refused = changes.find((change): change is Refused => change.type === 'refused' && change.conversationId === timeline.conversationId)
        if (refused && tellsRefused) setProblem(reasonOf(refused, t))
      }),
    [client, timeline, t, tellsRefused],
  )

  // It lies over messages.
  useEffect(() => {
    if (problem === undefined) return
    const timer = setTimeout(() => setProblem(undefined), problemMs)
    return () => clearTimeout(timer)
  }, [problem])

  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), copiedMs)
    return () => clearTimeout(timer)
  }, [copied])

  const run = (work: () => Promise<void>) => {
    setProblem(undefined)
    work().catch((error: unknown) => setProblem(`${t.message.notTaken} ${refusalText(t, error)}`))
  }
  const close = () => onOpen(undefined)
  const react = (message: Message, emoji: string) => {
    close()
    run(() => client.react(message, emoji))
  }
  const act = (action: Action, message: Message | Outgoing, at: Spot) => {
    const open = (what: Opened['what']) => onOpen({ what, message, at })
    if (['forward', 'reactions', 'info', 'delete'].includes(action)) return open(action as Opened['what'])
    close()
    if (action === 'copy') return run(async () => (await copyText(message.text), setCopied(true)))
    if (action === 'edit') return onEdit(message)
    if (!isSent(message)) return
    if (action === 'reply') onReply(message)
    else if (action === 'thread') openThread(message)
    else run(() => client.pin(message, action === 'pin'))
  }

  // What is shown of it is its state now, also when that changes while it is open.
  const found = opened && current(opened.message, timeline)
  const message = found && 'expiresAt' in found && (found.expiresAt ?? Infinity) <= client.now ? undefined : found
  const sent = message && isSent(message) ? message : undefined
  return (
    <>
      <div class="messages-problem">
        <Problem text={problem} />
        <p role="status" class={copied ? 'messages-note' : 'unseen'}>
          {copied && t.message.copied}
        </p>
      </div>
      {opened?.what === 'menu' && message && menu && (
        <Rights id={timeline.conversationId} me={me} isAsked={mayDelete}>
          {isAdmin => (
            <menu.MessageMenu
              message={message}
              isOwn={!sent || sent.senderId === me}
              at={opened.at}
              actions={actionsOf(message, { me, mayDelete: isAdmin, canChange }).filter(action => action !== 'thread' || !within)}
              {...(sent && canChange && { onReact: (emoji: string) => react(sent, emoji) })}
              onEmoji={() => onOpen({ ...opened, what: 'emoji' })}
              onAction={action => act(action, message, opened.at)}
              onClose={close}
            />
          )}
        </Rights>
      )}
      {opened?.what === 'emoji' && sent && picker && <picker.EmojiPicker at={opened.at} onChoose={emoji => react(sent, emoji)} onClose={close} />}
      {opened?.what === 'edits' && sent && dialogs && <dialogs.EarlierTexts message={sent} onClose={close} />}
      {opened?.what === 'reactions' && sent && dialogs && <dialogs.WhoReacted message={sent} me={me} onClose={close} />}
      {opened?.what === 'info' && sent && dialogs && <dialogs.MessageInfo message={sent} timeline={timeline} me={me} onClose={close} />}
      {opened?.what === 'forward' && sent && dialogs && <dialogs.Forward message={sent} onClose={close} />}
      {opened?.what === 'delete' && message && (
        <ConfirmDialog title={t.message.deleteTitle} text={t.message.deleteText} action={t.message.delete} onClose={close} onConfirm={() => run(() => client.delete(message))} />
      )}
    </>
  )
}

/** Whether the user may delete what others wrote; asked only where there is a group and a menu is open. */
function Rights({ id, me, isAsked, children }: { id: string; me: string; isAsked: boolean; children: (isAdmin: boolean) => ComponentChildren }) {
  return isAsked ? <GroupRights id={id} me={me}>{children}</GroupRights> : <>{children(false)}</>
}

function GroupRights({ id, me, children }: { id: string; me: string; children: (isAdmin: boolean) => ComponentChildren }) {
  const { group } = useGroup(id)
  const own = group?.members.find(({ userId }) => userId === me)
  return <>{children(own !== undefined && mayManage(own.role))}</>
}

type Refused = Extract<Change, { type: 'refused' }>

function reasonOf({ item, error }: Refused, t: Texts): string {
  const { refused } = t.message
  const { kind } = item.change
  if (kind === 'timer') return `${t.message.notTaken} ${error.code === 'forbidden' ? t.timer.admins : t.errors[error.code]}`
  if (error.code === 'too_large' && kind === 'react') return `${t.message.notTaken} ${refused.tooManyEmoji}`
  if (error.code === 'too_large' && kind === 'pin') return `${t.message.notTaken} ${refused.tooManyPins}`
  const { conflict, too_late, not_a_member } = refused
  const special: Partial<Record<typeof error.code, string>> = { conflict, too_late, not_a_member }
  return `${t.message.notTaken} ${special[error.code] ?? t.errors[error.code]}`
}

function current(message: Message | Outgoing, timeline: Timeline): Message | Outgoing {
  if (isSent(message)) return timeline.messages.find(one => one.seqNo === message.seqNo) ?? message
  return timeline.outgoing.find(one => one.clientMsgId === message.clientMsgId) ?? timeline.messages.findLast(one => one.clientMsgId === message.clientMsgId) ?? message
}
