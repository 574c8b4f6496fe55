/** The path of the page's folder, as its server or a proxy serves it: `/`, or `/chat/`. All addresses are below it. */
export const home = new URL('.', globalThis.location?.href ?? 'http://localhost/')

/** Distinguishes this page from others on the same host, which share the browser's storage. */
export const installation = home.pathname === '/' ? 'chat' : `chat@${home.pathname}`
