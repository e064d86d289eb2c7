/** What a sandbox takes of the disk without a name: files that are deleted, and still open or mapped in one of its programs. */
import { readdirSync, statSync } from 'node:fs'
import type { SandboxFolder } from '../../isolation/isolation'
import type { ProcessSnapshot } from '../../linux/process-table'
import { membersOfSandbox } from './members'

/** So many descriptors of one sandbox are looked at: a look must stay short. */
const maxLooks = 50_000

/** Bytes on the file system of the sandbox's folder, each file counted once. */
export function deletedBytes(folder: SandboxFolder, snapshot: ProcessSnapshot): number {
  const { dev } = statSync(folder.path)
  const seen = new Set<number>()
  let bytes = 0
  let looks = 0
  for (const { pid } of membersOfSandbox(folder, snapshot)?.others ?? []) {
    for (const name of [...namesIn(`/proc/${pid}/fd`), ...namesIn(`/proc/${pid}/map_files`)]) {
      looks += 1
      if (looks > maxLooks) return bytes
      try {
        const file = statSync(name)
        if (file.dev !== dev || file.nlink > 0 || !file.isFile() || seen.has(file.ino)) continue
        seen.add(file.ino)
        bytes += file.blocks * 512
      } catch {
        // Closed meanwhile.
      }
    }
  }
  return bytes
}

/** What is mapped can be looked into by root only. */
function namesIn(links: string): string[] {
  try {
    return readdirSync(links).map((name) => `${links}/${name}`)
  } catch {
    // It has ended, or does not let itself be looked into.
    return []
  }
}
