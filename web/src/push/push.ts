import { ChatError, type Change, type ChatClient, type PushContent, type SignedOutReason } from '@chat/client'
import type { Language } from '../i18n/languages'
import { closeUpTo, showBadge, type Badges, type NotificationData } from './notification'
import { registerWorker } from './registering'
import { forgetPushSettings, keepPushSettings, readPushSettings, type PushSettings } from './settings'
import { subscribeWith } from './subscribing'

/**
 * `none`: this browser shows no notifications; `install`: only when the page is on the Home Screen (iPhone, iPad); `page`: only while the page is
 * open, as this browser or this server has no push; `pageOn`: these are allowed.
 */
export type PushState = 'none' | 'install' | 'page' | 'pageOn' | 'denied' | 'off' | 'on'

/** What the browser has of it. */
interface Abilities {
  readonly permission: NotificationPermission | undefined
  readonly hasPush: boolean
  readonly needsInstall: boolean
}

export function stateOf({ permission, hasPush, needsInstall }: Abilities, offered: boolean, settings: PushSettings | undefined): PushState {
  if (needsInstall) return 'install'
  if (permission === undefined) return 'none'
  if (permission === 'denied') return 'denied'
  if (!hasPush || !offered) return permission === 'granted' ? 'pageOn' : 'page'
  return permission === 'granted' && settings ? 'on' : 'off'
}

export async function lookAtPush(client: ChatClient): Promise<{ state: PushState; settings: PushSettings | undefined }> {
  const settings = await readPushSettings()
  return { state: stateOf(abilities(), settings !== undefined || (await isOffered(client)), settings), settings }
}

/** Call it for a click: the browser may ask. @throws DOMException where the browser's push service refuses or does not answer; ChatError. */
export async function turnOn(client: ChatClient, settings: PushSettings): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') return
  await change(client, settings)
}

/** Notifications while the page is open. */
export async function allowOnPage(): Promise<void> {
  await Notification.requestPermission()
}

/** The browser's subscription ends also if the server cannot be told: then the push service tells it. */
export async function turnOff(client: ChatClient): Promise<void> {
  await forget()
  await client.push.unsubscribe().catch(() => undefined)
}

export async function change(client: ChatClient, settings: PushSettings): Promise<void> {
  await registerWorker()
  const { pushManager } = await navigator.serviceWorker.ready
  await subscribeWith(client.push, pushManager, settings.content)
  await keepPushSettings(settings)
}

/** At each start, and when the language changes: tells the server the browser's present address. */
export async function tendPush(client: ChatClient, language: Language): Promise<void> {
  const settings = await readPushSettings()
  if (!settings || !client.session || !abilities().hasPush) return
  await tidy(client)
  await change(client, { ...settings, language })
}

/** The session has ended. After one that has expired, the same user signs in again. */
export async function endPush(reason: SignedOutReason): Promise<void> {
  if (reason !== 'expired') await forget()
}

let badge: number | undefined

/** Closes what was read, and counts what is unread on the icon of an installed page. */
export async function followPush(client: ChatClient, changes: readonly Change[]): Promise<void> {
  const count = client.conversations.filter(({ unreadCount }) => unreadCount > 0).length
  const isOther = count !== badge
  badge = count
  if (changes.some(({ type }) => type === 'read' || type === 'listed' || type === 'removed') && (await readPushSettings())) await tidy(client)
  if (isOther) await showBadge(navigator as Badges, count)
}

/** Closes the notifications of what has been read. */
async function tidy(client: ChatClient) {
  const registration = await navigator.serviceWorker.getRegistration()
  for (const { data } of (await registration?.getNotifications()) ?? []) {
    const { conversationId } = (data ?? {}) as Partial<NotificationData>
    const known = conversationId === undefined ? undefined : client.findConversation(conversationId)
    if (known) await closeUpTo(registration!, known.id, known.readSeqNo)
  }
}

async function forget() {
  const registration = await navigator.serviceWorker?.getRegistration()
  await forgetPushSettings()
  for (const shown of (await registration?.getNotifications()) ?? []) shown.close()
  await (await registration?.pushManager?.getSubscription())?.unsubscribe()
  await showBadge(navigator as Badges, 0)
}

function abilities(): Abilities {
  const hasPush = import.meta.env.PROD && 'serviceWorker' in navigator && 'PushManager' in window
  // Only Apple's browsers say so of themselves.
  const needsInstall = !hasPush && 'standalone' in navigator && navigator.standalone === false
  return { permission: 'Notification' in window ? Notification.permission : undefined, hasPush, needsInstall }
}

async function isOffered(client: ChatClient): Promise<boolean> {
  try {
    await client.push.key()
    return true
  } catch (error) {
    // Without a connection it may be offered.
    return !(error instanceof ChatError && error.code === 'not_found')
  }
}

export const firstSettings = (language: Language): PushSettings => ({ content: 'none' satisfies PushContent, silent: false, language })
