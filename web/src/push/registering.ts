import { home } from '../ui/installation'
import type { ToPage, ToWorker } from '../worker/scope'

interface Rule {
  createScriptURL(address: string): string
}
declare global {
  interface Window {
    readonly trustedTypes?: { createPolicy(name: string, rule: Rule): Rule }
  }
}

let registered: Promise<ServiceWorkerRegistration> | undefined

/** The service worker of this page's folder. @throws Where the browser refuses. */
export function registerWorker(): Promise<ServiceWorkerRegistration> {
  return (registered ??= navigator.serviceWorker.register(scriptAddress(), { scope: home.pathname, updateViaCache: 'none' }))
}

/** The page's policy lets only its rule `chat` make the address of a script, and that makes only this one. */
function scriptAddress(): string {
  const rule: Rule = { createScriptURL: () => new URL('worker.js', home).href }
  return (window.trustedTypes?.createPolicy('chat', rule) ?? rule).createScriptURL('')
}

/** @param open Called when a notification of a conversation was clicked. */
export function hearWorker(open: (conversationId: string) => void): void {
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    const message = data as ToPage | null
    if (message?.type === 'open') open(message.conversationId)
  })
  navigator.serviceWorker.startMessages()
}

/** Registers the worker, or finds a new version of it. */
export async function startWorker(): Promise<void> {
  const { waiting } = await registerWorker()
  waiting?.postMessage({ type: 'started' } satisfies ToWorker)
}
