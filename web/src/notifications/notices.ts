import type { Conversation, Message } from '@chat/client'
import { home } from '../ui/installation'

/** The open notifications of this page: at most one for each conversation, while its message is unread. */
export class Notices {
  private readonly open = new Map<string, { seqNo: number; notification: Notification }>()

  show(title: string, body: string, message: Message, onClick: () => void) {
    const { conversationId, seqNo } = message
    // A new message replaces the last of its conversation, and sounds again.
    const options = { body: body.slice(0, 300), tag: conversationId, renotify: true, icon: new URL('icon.svg', home).href }
    try {
      const notification = new Notification(title, options)
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

  closeAll() {
    for (const id of this.open.keys()) this.close(id)
  }

  private close(id: string) {
    this.open.get(id)?.notification.close()
    this.open.delete(id)
  }
}
