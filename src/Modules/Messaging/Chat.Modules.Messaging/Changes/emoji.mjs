// Makes emoji.txt: npm pack emoji-test-regex-pattern && tar xzf emoji-test-regex-pattern-*.tgz && node emoji.mjs package/dist/emoji-17.0/index-strings.txt > emoji.txt
// The package's list is all of Unicode's emoji-test.txt; Node's regular expressions (22 or newer, or 20 with Unicode 17) tell which of it are RGI emoji.
import { readFileSync } from 'node:fs'

const lines = readFileSync(process.argv[2], 'utf8').trim().split('\n')
const emoji = [...new Set(lines.filter((line) => /^\p{RGI_Emoji}$/v.test(line)))]
console.log(`// The RGI emoji of Unicode ${process.versions.unicode}, fully qualified. Made by emoji.mjs from emoji-test.txt.`)
console.log('// © 1991-2025 Unicode, Inc., under the Unicode License v3: https://www.unicode.org/license.txt')
console.log(emoji.join('\n'))
