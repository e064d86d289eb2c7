/** Documentation names files that exist: relative links, and paths in backticks that begin with a folder of ours. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { sources } from './sources.mjs'

const folders = /^(app|components|lib|scripts|docs|deploy|test-kit|attack|fuzz|bench|conformance|e2e)\//

let found = 0
for (const { file, text } of sources(/\.md$/)) {
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)|srcset="([^"]+)"|src="([^"]+)"/g)]
    .map(([, link, srcset, src]) => link ?? srcset ?? src ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => path.join(path.dirname(file), link))
  const paths = [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => folders.test(name) && !/[<>*…{]/.test(name))
  for (const name of new Set([...links, ...paths])) {
    if (existsSync(path.join(root, name))) continue
    found += 1
    console.log(`${file}: ${name} does not exist`)
  }
}
process.exitCode = found === 0 ? 0 : 1
