import type { ChatApi } from './chatApi.ts'

/** What a notification may say: that there are messages; from whom the newest is; its text, too. */
export type PushContent = 'none' | 'sender' | 'full'

/** Where the device is reached: a browser's `PushSubscription.toJSON()` with its kind, or a phone's token. */
export type PushAddress =
  | { readonly kind: 'webpush'; readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } }
  | { readonly kind: 'fcm'; readonly token: string }
  | { readonly kind: 'apns'; readonly token: string; readonly topic: string; readonly sandbox?: boolean }

/** A push notification as it arrives (docs/protocol.md, Push notifications). */
export interface PushPayload {
  readonly v: 1
  readonly conversationId: string
  /** Of the newest message; absent when the notification is withdrawn. */
  readonly messageId?: string
  readonly seqNo: number
  /** In a group its title, else who wrote. */
  readonly title?: string
  /** Who wrote the newest message; absent where there is no title, and from servers of the version before. */
  readonly sender?: string
  /** In a group with who wrote before the text. */
  readonly body?: string
  /** Unread messages of the conversation; 0 withdraws its notification. */
  readonly unread: number
  /** Conversations with unread messages. */
  readonly badge: number
}

/** Push notifications of this device. All calls reject with ChatError. */
export class Push {
  private readonly api: ChatApi

  constructor(api: ChatApi) {
    this.api = api
  }

  /** The server's public key, base64url: a browser's `applicationServerKey`. @throws ChatError `not_found` where the server sends no Web Push. */
  async key(): Promise<string> {
    return (await this.api.pushKey()).key
  }

  /**
   * Subscribes this device, in place of its earlier subscription. Call it at each start, and whenever the address has changed.
   * @param content `none` unless given.
   * @throws ChatError `bad_request` for an address, or a kind, that the server does not take.
   */
  subscribe(address: PushAddress & { readonly content?: PushContent }): Promise<void> {
    return this.api.subscribePush(address)
  }

  /** Ends this device's subscription, if there is one. Signing out does it, too. */
  unsubscribe(): Promise<void> {
    return this.api.unsubscribePush()
  }
}
