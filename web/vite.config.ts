import { fileURLToPath } from 'node:url'
import preact from '@preact/preset-vite'
import { defineConfig } from 'vitest/config'
import { compress } from './build/compress.ts'
import { worker } from './build/worker.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The server that `npm run dev` talks to. */
const server = process.env['CHAT_SERVER'] ?? 'http://localhost:5080'

interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null
}
const start = here('./src/main.tsx')
let first: Set<string> | undefined

/** Whether the page's start imports it, by whatever way. Not the start itself: the later parts import from this file, and must not wait for its end. */
function isFirst(id: string, modules: Modules): boolean {
  if (!first) {
    first = new Set([start])
    for (const one of first) for (const next of modules.getModuleInfo(one)?.importedIds ?? []) first.add(next)
  }
  return id !== start && first.has(id)
}

export default defineConfig({
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false }), worker(here('./src/worker/worker.ts')), compress()],
  resolve: {
    alias: {
      '@chat/client': here('../clients/typescript/src/index.ts'),
      // The library is taken as source, so what it needs is looked for here.
      '@microsoft/signalr': here('./node_modules/@microsoft/signalr'),
    },
  },
  // Relative addresses: the page works in whatever folder a proxy puts it.
  base: './',
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // The page's policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // All that the first load needs in one file, also what the parts that are loaded later have in common with it.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: (id, modules) => (isFirst(id, modules) ? 'page' : null) }] } } },
  },
  server: {
    fs: { allow: [here('..')] },
    proxy: {
      '/v1': server,
      '/hub': { target: server, ws: true },
      '/ws': { target: server, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})
