import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const isRoot = process.getuid?.() === 0

test.runIf(isRoot)('for root, the files belong to root, whoever packed them', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-unpack-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [packed, app] = [path.join(folder, 'package'), path.join(folder, 'app')]
  for (const each of [path.join(packed, 'scripts'), path.join(app, 'scripts')]) mkdirSync(each, { recursive: true })
  const program = path.join(app, 'scripts', 'cli.mjs')
  writeFileSync(program, '')
  for (const each of [app, path.dirname(program), program]) {
    chownSync(each, 4321, 4321)
    chmodSync(each, 0o777)
  }
  const archive = path.join(packed, 'app.tar.gz')
  execFileSync('tar', ['-czf', archive, '-C', app, '.'])
  const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex')
  writeFileSync(path.join(packed, 'app.json'), JSON.stringify({ version: '1.0.0', sha256 }))
  const unpack = path.join(packed, 'scripts', 'unpack.mjs')
  copyFileSync(path.join(import.meta.dirname, 'unpack.mjs'), unpack)
  const { unpackedApp } = (await import(pathToFileURL(unpack).href)) as typeof import('./unpack.mjs')
  const unpacked = await unpackedApp(path.join(folder, 'data', 'app'))
  for (const name of ['', 'scripts', 'scripts/cli.mjs']) {
    const { uid, gid, mode } = statSync(path.join(unpacked, name))
    expect([name, uid, gid, mode & 0o022]).toEqual([name, 0, 0, 0])
  }
})
