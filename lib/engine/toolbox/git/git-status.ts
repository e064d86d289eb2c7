/** Reads `git status --porcelain=v2 --branch -z`. The format is described in git-status(1). */
import type { GitFileState, GitStatus } from '@/lib/process-api/git'

const states: Readonly<Record<string, GitFileState>> = {
  '.': 'Unmodified',
  M: 'Modified',
  T: 'Modified',
  A: 'Added',
  D: 'Deleted',
  R: 'Renamed',
  C: 'Copied',
  U: 'Updated but unmerged',
  '?': 'Untracked',
}

/** Number of fields before the path, by the first character of an entry. */
const fieldsBeforePath: Readonly<Record<string, number>> = { '1': 8, '2': 9, u: 10, '?': 1 }

export function parseStatus(output: string): GitStatus {
  const status: GitStatus = { currentBranch: '', fileStatus: [], branchPublished: false, detached: false }
  const entries = output.split('\0')
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at] ?? ''
    const kind = entry[0] ?? ''
    const count = fieldsBeforePath[kind]
    if (kind === '#') readHeader(entry, status)
    if (count === undefined) continue
    const fields = entry.split(' ')
    const [staged = '.', changed = '.'] = kind === '?' ? '??' : (fields[1] ?? '')
    // A renamed file is followed by its former name.
    const former = kind === '2' ? (entries[++at] ?? '') : ''
    status.fileStatus.push({
      name: fields.slice(count).join(' '),
      extra: former,
      staging: states[staged] ?? 'Unmodified',
      worktree: states[changed] ?? 'Unmodified',
    })
  }
  return status
}

function readHeader(entry: string, status: GitStatus): void {
  const [, name, ...rest] = entry.split(' ')
  const value = rest.join(' ')
  if (name === 'branch.head') {
    status.detached = value === '(detached)'
    status.currentBranch = status.detached ? 'HEAD' : value
  } else if (name === 'branch.upstream') {
    status.upstream = value
  } else if (name === 'branch.ab') {
    status.branchPublished = true
    status.ahead = Number(rest[0])
    status.behind = -Number(rest[1])
  }
}
