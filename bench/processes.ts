/** All processes of a product: those that name its data directory, and those in sandboxes, which do not know it. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { processesOf } from '../e2e/support/product'

export interface FoundProcess {
  pid: number
  command: string
}

/** Every process in a sandbox has the sandbox's id in its environment. */
const anyId = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

export async function allProcessesOf(dataDir: string): Promise<FoundProcess[]> {
  const outside = await processesOf(dataDir)
  const known = new Set(outside.map(({ pid }) => pid))
  const sandboxes = new Set(await readdir(path.join(dataDir, 'sandboxes')))
  const inside: FoundProcess[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || known.has(pid)) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (!(environment.match(anyId) ?? []).some((id) => sandboxes.has(id))) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    inside.push({ pid, command: command.replaceAll('\0', ' ').trim() })
  }
  return [...outside, ...inside]
}
