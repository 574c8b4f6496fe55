import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin, type ResolvedConfig } from 'vite'

/** What the page does not need for starting without the server; the words of all emoji are large. */
const unneeded = /\.(br|gz)$|^worker\.js$|^icon-|^assets\/data-/

/** Builds the service worker as one file in the page's folder, when the page is built, and tells it the page's files. */
export function worker(entry: string): Plugin {
  let config: ResolvedConfig
  return {
    name: 'worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved
    },
    closeBundle: {
      order: 'pre',
      sequential: true,
      async handler() {
        const directory = join(config.root, config.build.outDir)
        const found = await readdir(directory, { recursive: true, withFileTypes: true })
        const names = found.filter(file => file.isFile()).map(file => join(file.parentPath, file.name).slice(directory.length + 1).replaceAll('\\', '/'))
        const files = names.filter(name => !unneeded.test(name) && name !== 'index.html').sort()
        const version = createHash('sha256')
        for (const name of ['index.html', ...files]) version.update(name).update(await readFile(join(directory, name)))
        await build({
          configFile: false,
          root: config.root,
          logLevel: 'warn',
          publicDir: false,
          resolve: { alias: config.resolve.alias },
          define: { builtVersion: JSON.stringify(version.digest('hex').slice(0, 16)), builtFiles: JSON.stringify(files) },
          build: {
            target: config.build.target,
            outDir: config.build.outDir,
            emptyOutDir: false,
            // One script without imports: not every browser takes a module as a service worker.
            lib: { entry, formats: ['iife'], name: 'worker', fileName: () => 'worker.js' },
          },
        })
      },
    },
  }
}
