import type { GitCommitInfo } from '@/lib/process-api/git'

/** Fields of a commit, one a line, then its message. Commits are separated by NUL (`-z`). */
export const historyFormat = '%H%n%an%n%ae%n%aI%n%B'

/** Reads `git log -z --format=<historyFormat>`. */
export function parseHistory(output: string): GitCommitInfo[] {
  return output
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [hash = '', author = '', email = '', timestamp = '', ...message] = entry.split('\n')
      return { hash, author, email, message: message.join('\n'), timestamp }
    })
}
