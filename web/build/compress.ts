import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below this a file fits one packet anyway. */
const leastBytes = 1024
const compressible = /\.(html|js|css|svg|webmanifest|txt)$/

/** Writes `.br` and `.gz` beside each file of 1 kB or more, so that the host need not compress at every request. */
export function compress(): Plugin {
  let directory = ''
  return {
    name: 'compress',
    apply: 'build',
    configResolved(config) {
      directory = join(config.root, config.build.outDir)
    },
    // After the service worker is built.
    closeBundle: { order: 'post', sequential: true, handler },
  }

  async function handler() {
    const files = await readdir(directory, { recursive: true })
    await Promise.all(files.filter(name => compressible.test(name)).map(name => compressFile(join(directory, name))))
  }
}

async function compressFile(file: string) {
  const content = await readFile(file)
  if (content.length < leastBytes) return
  await Promise.all([
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).then(small => writeFile(`${file}.br`, small)),
    promisify(gzip)(content, { level: 9 }).then(small => writeFile(`${file}.gz`, small)),
  ])
}
