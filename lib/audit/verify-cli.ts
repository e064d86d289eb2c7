/**
 * The program behind `npm run audit:verify`: reads the whole audit log of the data directory, also while Sandglass runs,
 * and exits with 1 if anything in it was changed.
 */

import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConsoleSettings } from '@/lib/settings/console-settings'
import { AuditStore } from '@/lib/store/audit/audit-store'
import { StoreError } from '@/lib/store/store-error'
import { auditFiles } from './checkpoints'
import { verifyAudit } from './verify'

const usage = 'Usage: npm run audit:verify [-- --expect NUMBER:HASH]'
const migrations = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'store', 'migrations', 'audit')

async function main(args: readonly string[]): Promise<number> {
  const expected = expectedOf(args)
  if (expected === undefined) {
    console.error(usage)
    return 2
  }
  const files = auditFiles(readConsoleSettings().dataDir)
  for (const file of [files.database, files.key]) {
    if (existsSync(file)) continue
    console.error(`There is no ${file}. Either nothing was recorded yet, or the file was removed.`)
    return 1
  }
  const publicKey = createPublicKey(readFileSync(files.key)).export({ type: 'spki', format: 'pem' }).toString()
  const store = await AuditStore.open(files.database, migrations)
  const { entries, checkpoints, last, problems } = await verifyAudit(store, files.checkpoints, publicKey, expected)
  await store.close()
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) return 1
  console.log(`${entries} entries and ${checkpoints} checkpoints: nothing was changed, removed or cut off.`)
  if (last) console.log(`Note down ${last.seq}:${last.hash} to verify with --expect that the log still contains it.`)
  return 0
}

/** Undefined if the arguments are wrong. */
function expectedOf(args: readonly string[]): { seq: number; hash: string } | null | undefined {
  if (args.length === 0) return null
  const [, seq, hash] =
    args.length === 2 && args[0] === '--expect' ? (/^(\d+):([0-9a-f]{64})$/.exec(args[1] ?? '') ?? []) : []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error instanceof StoreError || error instanceof RangeError ? error.message : error)
    process.exitCode = 1
  },
)
