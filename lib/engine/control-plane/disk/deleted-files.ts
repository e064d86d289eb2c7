/** Disk usage without a name: deleted files that programs of a sandbox still have open or mapped. */
import { readdirSync, statSync } from 'node:fs'
import { setImmediate as pause } from 'node:timers/promises'
import type { SandboxFolder } from '../../isolation/isolation'
import type { ProcessSnapshot } from '../../linux/process-table'
import { processesOfSandbox } from './sandbox-processes'

/** Time for one sandbox, whose programs can have millions of descriptors. */
const timeoutMs = 5_000
/** Descriptors between two pauses, in which the engine does other work. */
const checksPerSlice = 2_000

/**
 * Bytes on the file system of the sandbox's folder; each file counts once. Null when there are more descriptors than can be
 * checked in time: a file may be hidden behind them.
 */
export async function deletedBytes(folder: SandboxFolder, snapshot: ProcessSnapshot): Promise<number | null> {
  const deadline = performance.now() + timeoutMs
  const { dev } = statSync(folder.path)
  const seen = new Set<number>()
  let bytes = 0
  let checkedCount = 0
  for (const { pid } of processesOfSandbox(folder, snapshot)?.others ?? []) {
    for (const name of [...namesIn(`/proc/${pid}/fd`), ...namesIn(`/proc/${pid}/map_files`)]) {
      checkedCount += 1
      if (checkedCount % checksPerSlice === 0) {
        if (performance.now() > deadline) return null
        await pause()
      }
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

/** Only root can read mappings. */
function namesIn(links: string): string[] {
  try {
    return readdirSync(links).map((name) => `${links}/${name}`)
  } catch {
    // The process has exited or is not inspectable.
    return []
  }
}
