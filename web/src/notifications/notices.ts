import type { Conversation, Message } from '@chat/client'
import type { Texts } from '../i18n/en'
import { optionsOf, seqNoOf } from '../push/notification'
import { readPushSettings } from '../push/settings'

/**
 * The notifications that this page shows: at most one for each conversation, while its message is unread. Where push notifications are on, the
 * service worker's, so that a push of the same message finds it shown, and a click does the same.
 */
export class Notices {
  private readonly open = new Map<string, { seqNo: number; notification: Notification }>()

  async show(title: string, body: string, message: Message, t: Texts, onClick: () => void) {
    const { conversationId, seqNo } = message
    const worker = await subscribedWorker()
    const options = optionsOf({ conversationId, seqNo }, body, t, (worker && (await readPushSettings())?.silent) ?? false)
    if (worker) {
      const shown = await worker.getNotifications({ tag: conversationId })
      if (!shown.some(one => seqNoOf(one) >= seqNo)) await worker.showNotification(title, options)
      return
    }
    try {
      // Only a service worker's may have actions.
      const { actions: _, ...plain } = options
      const notification = new Notification(title, plain)
      notification.onclick = () => {
        onClick()
        this.close(conversationId)
      }
      this.open.set(conversationId, { seqNo, notification })
    } catch {
      // Some phones' browsers allow notifications from service workers alone.
    }
  }

  /** Closes those whose message has been read, here or elsewhere, or is not there any more. */
  tidy(find: (conversationId: string) => Conversation | undefined) {
    for (const [id, { seqNo }] of this.open) if ((find(id)?.readSeqNo ?? Infinity) >= seqNo) this.close(id)
  }

  /** Closes those whose message has expired. */
  gone(conversationId: string, seqNos: readonly number[]) {
    const shown = this.open.get(conversationId)
    if (shown && seqNos.includes(shown.seqNo)) this.close(conversationId)
  }

  closeAll() {
    for (const id of this.open.keys()) this.close(id)
  }

  private close(id: string) {
    this.open.get(id)?.notification.close()
    this.open.delete(id)
  }
}

/** The service worker, where push notifications are on. */
async function subscribedWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || !('PushManager' in window)) return undefined
  const registration = await navigator.serviceWorker.getRegistration()
  return (await registration?.pushManager.getSubscription()) ? registration : undefined
}
