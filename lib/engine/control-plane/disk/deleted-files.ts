/** What a sandbox takes of the disk without a name: files that are deleted, and still open in one of its programs. */
import { readdirSync, statSync } from 'node:fs'
import type { SandboxFolder } from '../../isolation/isolation'
import { readRuntimeNote } from '../../isolation/runtime-note'
import { type ProcessEntry, type ProcessSnapshot, sandboxMark } from '../../toolbox/process/process-table'
import { membersOf } from '../../toolbox/process/process-tree'

/** So many descriptors of one sandbox are looked at: a look must stay short. */
const maxLooks = 50_000

/** Bytes on the file system of the sandbox's folder, each file counted once. */
export function deletedBytes(folder: SandboxFolder, snapshot: ProcessSnapshot): number {
  const { dev } = statSync(folder.path)
  const seen = new Set<number>()
  let bytes = 0
  let looks = 0
  for (const { pid } of processesOf(folder, snapshot)) {
    for (const name of descriptorsOf(pid)) {
      looks += 1
      if (looks > maxLooks) return bytes
      try {
        const file = statSync(`/proc/${pid}/fd/${name}`)
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

/** By descent and not by a mark in their environment, which a program can set to blame another sandbox. */
function processesOf(folder: SandboxFolder, snapshot: ProcessSnapshot): ProcessEntry[] {
  const note = readRuntimeNote(folder)
  if (!note) return []
  if (note.report.kind === 'none') {
    return membersOf({ mark: { variable: sandboxMark, value: note.sandboxId } }, snapshot)
  }
  const main = snapshot.entries.get(note.main.pid)
  return main?.startTicks === note.main.startTicks ? membersOf({ leaders: [main] }, snapshot) : []
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    // It has ended, or does not let itself be looked into.
    return []
  }
}
