import type { PushPayload } from '@chat/client'
import { hashOf } from '../app/routes'
import type { Texts } from '../i18n/en'
import { closeUpTo, notificationOf, payloadOf, seqNoOf, showBadge, type NotificationData } from '../push/notification'
import { home } from '../ui/installation'
import type { Answering } from './answering'
import type { ToPage, WorkerClient, WorkerScope } from './scope'

/** The tag of what is shown for a payload that this version does not understand. */
const unknownTag = 'chat'
/** The browser's name for sending later what waits. */
export const sendLater = 'outbox'

export interface Surroundings {
  /** What is stored in this browser: whose it is, and up to where the user has read. */
  stored(): Promise<{ readonly owner?: string; readSeqNo(conversationId: string): number }>
  /** How notifications are to be, by the settings. */
  manner(): Promise<{ readonly t: Texts; readonly silent: boolean }>
}

/** Shows what is pushed, and does what is clicked. */
export class Notifier {
  private readonly scope: Pick<WorkerScope, 'registration' | 'clients' | 'navigator'>
  private readonly answering: Pick<Answering, 'reply' | 'markRead' | 'sendWaiting'>
  private readonly around: Surroundings

  constructor(scope: Notifier['scope'], answering: Notifier['answering'], around: Surroundings) {
    this.scope = scope
    this.answering = answering
    this.around = around
  }

  /** @param data What was decrypted; the browser wants a notification for each push, unless the page is in view. */
  async pushed(data: unknown): Promise<void> {
    const { registration } = this.scope
    const payload = payloadOf(data)
    const { t, silent } = await this.around.manner()
    if (!payload) return registration.showNotification(t.app, { body: t.notification.something, tag: unknownTag })
    await showBadge(this.scope.navigator, payload.badge)
    if (payload.unread === 0) return closeUpTo(registration, payload.conversationId, payload.seqNo)
    if (await this.isKnown(payload)) return
    const { title, options } = notificationOf(payload, t, silent)
    await registration.showNotification(title, options)
  }

  async clicked(notification: Notification, action: string, reply: string | null | undefined): Promise<void> {
    notification.close()
    const { conversationId, seqNo } = (notification.data ?? {}) as Partial<NotificationData>
    if (conversationId === undefined) return this.openPage()
    if (action === 'read') return this.answering.markRead(conversationId, seqNo ?? 0).catch(() => undefined)
    if (action !== 'reply' || !reply?.trim()) return this.openPage(conversationId)
    const sent = await this.answering.reply(conversationId, seqNo ?? 0, reply.trim()).catch(() => 'refused' as const)
    if (sent === 'waiting') await this.later()
    if (sent === 'refused') await this.tellRefused(conversationId, reply)
  }

  /** @returns Whether a page of this installation is open. */
  async hasPage(): Promise<boolean> {
    return (await this.pages()).length > 0
  }

  /** @throws If something still waits: the browser tries again. */
  async sendWaiting(): Promise<void> {
    if (!(await this.answering.sendWaiting())) throw new Error('Some messages still wait.')
  }

  /** The user looks at the page, has read it elsewhere, has signed out, or sees it already. */
  private async isKnown({ conversationId, seqNo }: PushPayload): Promise<boolean> {
    if ((await this.pages()).some(({ focused, visibilityState }) => focused && visibilityState === 'visible')) return true
    const shown = await this.scope.registration.getNotifications({ tag: conversationId })
    if (shown.some(one => seqNoOf(one) >= seqNo)) return true
    try {
      const { owner, readSeqNo } = await this.around.stored()
      return owner === undefined || readSeqNo(conversationId) >= seqNo
    } catch {
      // The browser's storage cannot be read.
      return false
    }
  }

  private async openPage(conversationId?: string): Promise<void> {
    const pages = await this.pages()
    const page = pages.find(({ focused }) => focused) ?? pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0]
    if (!page) {
      await this.scope.clients.openWindow(new URL(conversationId === undefined ? '' : hashOf({ view: 'conversation', id: conversationId }), home).href)
      return
    }
    if (conversationId !== undefined) page.postMessage({ type: 'open', conversationId } satisfies ToPage)
    // Some systems do not let it.
    await page.focus().catch(() => undefined)
  }

  /** The reply is in the outbox: without a connection the browser wakes the worker again, if it can; else it goes out when the page is opened. */
  private async later(): Promise<void> {
    const { registration } = this.scope
    try {
      await (registration as ServiceWorkerRegistration & { sync: { register(tag: string): Promise<void> } }).sync.register(sendLater)
    } catch {
      const { t } = await this.around.manner()
      await registration.showNotification(t.app, { body: t.notification.replyWaits, tag: unknownTag })
    }
  }

  private async tellRefused(conversationId: string, reply: string): Promise<void> {
    const { t } = await this.around.manner()
    const data: NotificationData = { conversationId, seqNo: 0 }
    await this.scope.registration.showNotification(t.notification.replyFailed, { body: reply.slice(0, 300), tag: conversationId, data })
  }

  private async pages(): Promise<readonly WorkerClient[]> {
    return (await this.scope.clients.matchAll({ type: 'window', includeUncontrolled: true })).filter(({ url }) => url.startsWith(home.href))
  }
}
