/** What went wrong, by git's own messages, which are stable across its versions in English. */
import { ApiError, type ErrorCode } from '@/lib/process-api/errors'
import type { GitResult } from './run-git'

/** The first pattern that matches counts. */
const patterns: readonly (readonly [RegExp, ErrorCode])[] = [
  [/returned error: 403|Permission to .* denied/i, 'FORBIDDEN'],
  [
    /Authentication failed|could not read (Username|Password)|returned error: 401|Permission denied \(/i,
    'GIT_AUTH_FAILED',
  ],
  [/Host key verification failed/i, 'GIT_TRANSPORT_FAILED'],
  [/Remote branch .* not found|couldn't find remote ref|Could not find remote branch/i, 'GIT_BRANCH_NOT_FOUND'],
  [
    /not a git repository|(does not appear to be|is not) a git repository|does not look like a .* bundle/i,
    'GIT_REPO_NOT_FOUND',
  ],
  [
    /repository '.*' (not found|does not exist)|repository not found|returned error: 404|not found: did you run/i,
    'GIT_REPO_NOT_FOUND',
  ],
  [
    /Could not resolve host|unable to access|unable to connect|Connection (refused|timed out|reset)|Could not read from remote|unable to look up|early EOF|hung up unexpectedly|transport '.*' not allowed|unable to find remote helper/i,
    'GIT_TRANSPORT_FAILED',
  ],
  [/\[remote rejected\]|pre-receive hook declined/i, 'GIT_REMOTE_REJECTED'],
  [/\[rejected\]|failed to push some refs/i, 'GIT_PUSH_REJECTED'],
  [/a branch named .* already exists/i, 'GIT_BRANCH_EXISTS'],
  [
    /branch '.*' not found|not a valid (ref|object name)|unknown revision|ambiguous argument|could not resolve|reference is not a tree|unable to read tree|Failed to resolve|invalid reference|unadvertised object|not our ref|src refspec .* does not match/i,
    'GIT_BRANCH_NOT_FOUND',
  ],
  [/pathspec '.*' did not match any file/i, 'FILE_NOT_FOUND'],
  [/CONFLICT \(|Automatic merge failed|could not apply|unmerged|not concluded your merge/i, 'GIT_MERGE_CONFLICT'],
  [/would be overwritten|unstaged changes|uncommitted changes|local changes/i, 'GIT_DIRTY_WORKTREE'],
  [
    /nothing to commit|nothing added to commit|no changes added|index\.lock|already exists|checked out at|used by worktree|divergent branches|Not possible to fast-forward/i,
    'CONFLICT',
  ],
  [/dubious ownership|Permission denied/i, 'FORBIDDEN'],
  [/No space left on device/i, 'INSUFFICIENT_STORAGE'],
]

/**
 * Characters of each stream that are searched, half of them at its end. Servers and hooks decide what git prints, and the
 * patterns would take minutes for a line of a megabyte.
 */
const maxSearchedLength = 16 * 1024

/** The error of a command that failed. Its message is what git printed, without hints. */
export function gitError({ exitCode, ...output }: GitResult): ApiError {
  if (exitCode === null) return new ApiError('UNPROCESSABLE_ENTITY', 'git was killed before it had finished')
  const [stderr, stdout] = [searchedPart(output.stderr), searchedPart(output.stdout)]
  const printed = `${stderr}\n${stdout}`
  const code = patterns.find(([pattern]) => pattern.test(printed))?.[1] ?? 'BAD_REQUEST'
  return new ApiError(code, messageOf(stderr) || messageOf(stdout) || `git ended with exit code ${exitCode}`)
}

function searchedPart(text: string): string {
  if (text.length <= maxSearchedLength) return text
  return `${text.slice(0, maxSearchedLength / 2)}\n${text.slice(-maxSearchedLength / 2)}`
}

/** Progress and hints left out. */
function messageOf(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.split('\r').at(-1)?.trim() ?? '')
    .filter(
      (line) => line !== '' && !/^(hint:|Cloning into|remote: (Enumerating|Counting|Compressing|Total))/.test(line),
    )
  return lines
    .map((line) => line.replace(/^(fatal|error): /, ''))
    .join('\n')
    .slice(0, 2_000)
}
