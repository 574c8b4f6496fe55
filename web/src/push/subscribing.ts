import type { Push, PushContent } from '@chat/client'

type Manager = Pick<PushManager, 'getSubscription' | 'subscribe'>

/** Subscribes the browser with the server's key, if it is not yet, and tells the server. @throws ChatError, and DOMException of the browser. */
export async function subscribeWith(push: Pick<Push, 'key' | 'subscribe'>, manager: Manager, content: PushContent): Promise<void> {
  const key = bytesOf(await push.key())
  let subscription = await manager.getSubscription()
  // Of a server that has lost its key, or was another one.
  if (subscription && !isSame(subscription.options.applicationServerKey, key)) {
    await subscription.unsubscribe()
    subscription = null
  }
  subscription ??= await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const { endpoint = '', keys = {} } = subscription.toJSON()
  await push.subscribe({ kind: 'webpush', endpoint, keys: { p256dh: keys['p256dh'] ?? '', auth: keys['auth'] ?? '' }, content })
}

/** From base64url. */
function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0))
}

function isSame(one: ArrayBuffer | null, other: Uint8Array): boolean {
  if (!one) return false
  const bytes = new Uint8Array(one)
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at])
}
