import type { Badges } from '../push/notification'

/** What a service worker sees. The page's types are those of a window, and a program can have only one of both. */
export interface WorkerScope {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<readonly WorkerClient[]>
    openWindow(url: string): Promise<WorkerClient | null>
  }
  readonly navigator: Badges & Pick<Navigator, 'languages'>
  skipWaiting(): Promise<void>
  addEventListener<K extends keyof WorkerEvents>(type: K, listener: (event: WorkerEvents[K]) => void): void
}

/** A window of the page. */
export interface WorkerClient {
  readonly url: string
  readonly focused: boolean
  readonly visibilityState: DocumentVisibilityState
  focus(): Promise<unknown>
  postMessage(message: unknown): void
}

/** The worker lives at least until the promise is settled. */
interface Extendable {
  waitUntil(work: Promise<unknown>): void
}

export interface FetchLike extends Extendable {
  readonly request: Pick<Request, 'url' | 'method' | 'mode'>
  respondWith(answer: Promise<Response>): void
}

interface WorkerEvents {
  install: Extendable
  activate: Extendable
  fetch: FetchLike
  message: Extendable & { readonly data: unknown }
  push: Extendable & { readonly data: { json(): unknown } | null }
  notificationclick: Extendable & { readonly action: string; readonly reply?: string | null; readonly notification: Notification }
  pushsubscriptionchange: Extendable & { readonly newSubscription?: PushSubscription | null }
  sync: Extendable & { readonly tag: string }
}

/** What the worker and the page send each other. Both may be of two versions: names here stay. */
export type ToPage = { readonly type: 'open'; readonly conversationId: string }
export type ToWorker = { readonly type: 'started' }
