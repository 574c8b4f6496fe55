import { IndexedDbStore } from '@chat/client'
import { de } from '../i18n/de'
import { en } from '../i18n/en'
import { readPushSettings, languageOf } from '../push/settings'
import { subscribeWith } from '../push/subscribing'
import { installation } from '../ui/installation'
import { Answering } from './answering'
import { Notifier, sendLater } from './notifier'
import { OfflineStart, takeOverIfAlone } from './offline'
import type { ToWorker, WorkerScope } from './scope'

/** Set by the build. */
declare const builtVersion: string
declare const builtFiles: readonly string[]

const scope = globalThis as unknown as WorkerScope
const offline = new OfflineStart(caches, request => fetch(request as RequestInfo), builtVersion, builtFiles)
const answering = new Answering(() => notifier.hasPage())
const notifier = new Notifier(scope, answering, {
  async stored() {
    const store = await IndexedDbStore.open(installation)
    try {
      const { owner, conversations } = await store.load()
      return { owner, readSeqNo: id => conversations.find(one => one.id === id)?.readSeqNo ?? 0 }
    } finally {
      await store.close()
    }
  },
  async manner() {
    const settings = await readPushSettings()
    const t = languageOf(settings, scope.navigator.languages) === 'de' ? de : en
    return { t, silent: settings?.silent ?? false }
  },
})

scope.addEventListener('install', event => event.waitUntil(offline.install()))
scope.addEventListener('activate', event => event.waitUntil(offline.activate()))
scope.addEventListener('fetch', event => {
  const answer = offline.answer(event.request)
  if (answer) event.respondWith(answer)
})
scope.addEventListener('message', event => {
  if ((event.data as ToWorker | null)?.type === 'started') event.waitUntil(takeOverIfAlone(scope))
})
scope.addEventListener('push', event => event.waitUntil(notifier.pushed(jsonOf(event.data))))
scope.addEventListener('notificationclick', event => event.waitUntil(notifier.clicked(event.notification, event.action, event.reply)))
scope.addEventListener('sync', event => {
  if (event.tag === sendLater) event.waitUntil(notifier.sendWaiting())
})
// The push service has given out another address.
scope.addEventListener('pushsubscriptionchange', event =>
  event.waitUntil(answering.with(async client => subscribeWith(client.push, scope.registration.pushManager, (await readPushSettings())?.content ?? 'none'))),
)

function jsonOf(data: { json(): unknown } | null): unknown {
  try {
    return data?.json()
  } catch {
    return undefined
  }
}
