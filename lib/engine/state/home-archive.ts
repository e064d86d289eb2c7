/** How a sandbox's home becomes one tar archive and one again; the same for a toolbox and for the control plane. */
import type { ChildProcess } from 'node:child_process'

/** Trailer of `GET /internal/home`, percent-encoded; absent when the copy is whole. */
export const homeFailureTrailer = 'x-sandglass-failure'

/**
 * Options that GNU, BSD and BusyBox tar have in common.
 * @param sparse holes stay holes: GNU tar alone can do that
 */
export function packArguments(home: string, sparse = false): string[] {
  return ['-C', home, ...(sparse ? ['--sparse'] : []), '-cf', '-', '.']
}

/** Modes as they were, owned by whoever unpacks. */
export function unpackArguments(home: string): string[] {
  return ['-C', home, '-xpo', '-f', '-']
}

/** A complaint names a path, which may be tens of kilobytes long. */
const longestComplaint = 256
/** A line that is longer is shortened before its end has come. */
const longestPending = 64 * 1024

/** What GNU tar says of a sandbox that runs while it is copied: the copy is what the files were when they were read. */
const harmless =
  /: (file changed as we read it|file removed before we read it|file shrank by \d+ bytes; padding with zeros|socket ignored)$/i

/** What tar says on stderr, and what it means for the copy. */
export class TarComplaints {
  /** The line whose end has not come yet. */
  private pending = ''
  private saidAnything = false
  private first: string | null = null

  add(bytes: Uint8Array | string): void {
    const text = this.pending + (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString())
    const lines = text.split('\n')
    const last = lines.pop() ?? ''
    for (const line of lines) this.note(line)
    this.pending = last.length > longestPending ? shortened(last) : last
  }

  /** Null, or one sentence on what tar could not do. */
  explain({ exitCode, signal }: { exitCode: number | null; signal: string | null }): string | null {
    this.note(this.pending)
    this.pending = ''
    if (signal !== null) return this.first ?? `tar ended with ${signal}`
    // GNU tar ends with 1 after harmless words alone, BusyBox after any failure.
    if (exitCode === 0 || (exitCode === 1 && this.saidAnything && this.first === null)) return null
    return this.first ?? `tar ended with exit code ${exitCode}`
  }

  private note(line: string): void {
    const said = line.trim()
    if (said === '') return
    this.saidAnything = true
    if (this.first === null && !harmless.test(said)) this.first = shortened(said)
  }
}

/** Without the middle: the beginning names the file, and the end says why. */
function shortened(text: string): string {
  if (text.length <= longestComplaint) return text
  const half = Math.floor((longestComplaint - 1) / 2)
  return `${text.slice(0, half)}…${text.slice(-half)}`
}

/** Wait for a tar that this process started. Resolves with null, or with one sentence on what it could not do. */
export function explainTar(tar: ChildProcess): Promise<string | null> {
  const complaints = new TarComplaints()
  tar.stderr?.setEncoding('utf8').on('data', (part: string) => complaints.add(part))
  return new Promise((resolve) => {
    tar.once('error', (error) => resolve(`tar cannot be started: ${error.message}`))
    tar.once('close', (exitCode, signal) => resolve(complaints.explain({ exitCode, signal })))
  })
}
