/** The page's folder, which stands where its server or a proxy put it: `/`, or `/chat/`. All addresses are below it. */
export const home = new URL('.', globalThis.location?.href ?? 'http://localhost/')

/** Tells this page from another one on the same host, with which it shares the browser's storage. */
export const installation = home.pathname === '/' ? 'chat' : `chat@${home.pathname}`
