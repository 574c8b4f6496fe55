import { isGroup, type PushPayload } from '@chat/client'
import type { Texts } from '../i18n/en'
import { home } from '../ui/installation'

/** Kept with a shown notification. */
export interface NotificationData {
  readonly conversationId: string
  /** Of the newest message that it shows. */
  readonly seqNo: number
}

/** With what only some browsers know. */
export type FullOptions = NotificationOptions & { renotify?: boolean; actions?: readonly { action: string; title: string; type?: 'text'; placeholder?: string }[]; data: NotificationData }

const at = (name: string) => new URL(name, home).href

/** There is one for each conversation: a later one takes its place, and sounds again unless it is to be silent. */
export function optionsOf(data: NotificationData, body: string, t: Texts, silent: boolean): FullOptions {
  return {
    body: body.slice(0, 300),
    tag: data.conversationId,
    renotify: !silent,
    silent,
    icon: at('icon-192.png'),
    badge: at('badge-96.png'),
    data,
    actions: [
      // Where no text can be written into a notification, it is a button that opens the conversation.
      { action: 'reply', type: 'text', title: t.conversation.reply, placeholder: t.composer.placeholder },
      { action: 'read', title: t.notification.markRead },
    ],
  }
}

/** A group's text as the server says it: on one line, as a second one could look as if somebody else had written it. */
export const inGroup = (sender: string, text: string): string => `${sender}: ${text.replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, ' ')}`

/** What a payload does not say is said in the words of this device. */
export function notificationOf({ conversationId, seqNo, title, sender, body, unread }: PushPayload, t: Texts, silent: boolean) {
  const text = body ?? (sender !== undefined && isGroup(conversationId) ? t.notification.newMessagesOf(sender, unread) : t.notification.newMessages(unread))
  return { title: title || t.app, options: optionsOf({ conversationId, seqNo }, text, t, silent) }
}

/** @returns Undefined for what is no payload, or one that only a later version understands. */
export function payloadOf(value: unknown): PushPayload | undefined {
  const payload = value as PushPayload | null
  const isOne =
    typeof payload === 'object' && payload !== null && payload.v === 1 && typeof payload.conversationId === 'string' && payload.conversationId !== '' &&
    Number.isSafeInteger(payload.seqNo) && Number.isSafeInteger(payload.unread)
  return isOne ? payload : undefined
}

/** The notifications of a conversation that show nothing newer than `seqNo`. */
export async function closeUpTo(registration: ServiceWorkerRegistration, conversationId: string, seqNo: number): Promise<void> {
  for (const shown of await registration.getNotifications({ tag: conversationId })) if (seqNoOf(shown) <= seqNo) shown.close()
}

export const seqNoOf = ({ data }: Notification): number => (data as NotificationData | null)?.seqNo ?? 0

/** Absent where the system shows no number on an installed page's icon. */
export interface Badges {
  setAppBadge?(count: number): Promise<void>
  clearAppBadge?(): Promise<void>
}

/** @param count Conversations with unread messages. */
export async function showBadge(on: Badges, count: number): Promise<void> {
  try {
    await (count > 0 ? on.setAppBadge?.(count) : on.clearAppBadge?.())
  } catch {
    // The page is not installed.
  }
}
