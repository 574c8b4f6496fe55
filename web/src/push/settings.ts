import type { PushContent } from '@chat/client'
import { home, installation } from '../ui/installation'
import { preferredLanguage, type Language } from '../i18n/languages'

/** What this device has chosen. There are none unless push notifications are on. */
export interface PushSettings {
  readonly content: PushContent
  readonly silent: boolean
  readonly language: Language
}

// In the browser's cache, as the service worker has no localStorage.
const store = `${installation}:push`
const address = new URL('push-settings', home).href

export async function readPushSettings(): Promise<PushSettings | undefined> {
  try {
    const kept = await (await caches.open(store)).match(address)
    return kept && ((await kept.json()) as PushSettings)
  } catch {
    return undefined
  }
}

export async function keepPushSettings(settings: PushSettings): Promise<void> {
  await (await caches.open(store)).put(address, Response.json(settings))
}

export async function forgetPushSettings(): Promise<void> {
  await caches.delete(store)
}

/** The language of notifications: as chosen on the page, else the device's. */
export const languageOf = (settings: PushSettings | undefined, wanted: readonly string[]): Language =>
  settings?.language ?? preferredLanguage(null, wanted)
