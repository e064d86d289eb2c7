/** How a sandbox's home is packed into a tar archive and unpacked. Used by the toolbox and by the control plane. */
import type { ChildProcess } from 'node:child_process'

/** Trailer of `GET /internal/home`, percent-encoded; absent when the copy is complete. */
export const homeFailureTrailer = 'x-sandglass-failure'

export interface PackOptions {
  /** Keep holes in sparse files. */
  readonly sparse?: boolean
  /** Store extended attributes, and times to the nanosecond. */
  readonly attributes?: boolean
}

/** Options that GNU, BSD and BusyBox tar have in common; only GNU tar supports those in `PackOptions`. */
export function packArguments(home: string, { sparse = false, attributes = false }: PackOptions = {}): string[] {
  const gnu = [...(sparse ? ['--sparse'] : []), ...(attributes ? ['--format=posix', '--xattrs'] : [])]
  return ['-C', home, ...gnu, '-cf', '-', '.']
}

export interface UnpackOptions {
  /** Restore the permissions of folders last: one without permissions may contain the first name of a hard link. */
  readonly foldersLast?: boolean
  /** Restore extended attributes. */
  readonly attributes?: boolean
}

/** Keeps file modes; the files belong to the user who unpacks them. Only GNU tar supports `UnpackOptions`. */
export function unpackArguments(
  home: string,
  { foldersLast = false, attributes = false }: UnpackOptions = {},
): string[] {
  const gnu = [...(foldersLast ? ['--delay-directory-restore'] : []), ...(attributes ? ['--xattrs'] : [])]
  return ['-C', home, ...gnu, '-xpo', '-f', '-']
}

/** Characters. An error names a path, which may be tens of kilobytes long. */
const maxErrorLength = 256
/** Characters of an incomplete line before it is shortened. */
const maxPendingLength = 64 * 1024

/** Warnings of GNU tar when files change during the copy. The copy has the files as they were when tar read them. */
const harmlessWarning =
  /: (file changed as we read it|file removed before we read it|file shrank by \d+ bytes; padding with zeros|socket ignored)$/i

/** Warnings of GNU tar that matter to nobody: a socket without its program is of no use. */
const ignorableWarning = /: socket ignored$/i

/** Collects tar's stderr and decides whether the copy failed. */
export class TarErrors {
  /** The last line, which is still incomplete. */
  private pending = ''
  private hasOutput = false
  private firstError: string | null = null
  private readonly harmless: RegExp

  /** @param unchanging a file that changes during the copy is an error */
  constructor(unchanging = false) {
    this.harmless = unchanging ? ignorableWarning : harmlessWarning
  }

  add(bytes: Uint8Array | string): void {
    const text = this.pending + (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString())
    const lines = text.split('\n')
    const last = lines.pop() ?? ''
    for (const line of lines) this.addLine(line)
    this.pending = last.length > maxPendingLength ? shorten(last) : last
  }

  /** Null on success; otherwise one sentence on what tar could not do. */
  explain({ exitCode, signal }: { exitCode: number | null; signal: string | null }): string | null {
    this.addLine(this.pending)
    this.pending = ''
    if (signal !== null) return this.firstError ?? `tar ended with ${signal}`
    // GNU tar exits with 1 after warnings alone, BusyBox tar after any failure.
    if (exitCode === 0 || (exitCode === 1 && this.hasOutput && this.firstError === null)) return null
    return this.firstError ?? `tar ended with exit code ${exitCode}`
  }

  private addLine(line: string): void {
    const message = line.trim()
    if (message === '') return
    this.hasOutput = true
    if (this.firstError === null && !this.harmless.test(message)) this.firstError = shorten(message)
  }
}

/** Cut out the middle: the start names the file, and the end gives the reason. */
function shorten(text: string): string {
  if (text.length <= maxErrorLength) return text
  const half = Math.floor((maxErrorLength - 1) / 2)
  return `${text.slice(0, half)}…${text.slice(-half)}`
}

/**
 * Wait for a tar process. Resolves with null on success, or with one sentence on what tar could not do.
 * @param unchanging a file that changes during the copy is an error
 */
export function explainTar(tar: ChildProcess, unchanging = false): Promise<string | null> {
  const errors = new TarErrors(unchanging)
  tar.stderr?.setEncoding('utf8').on('data', (part: string) => errors.add(part))
  return new Promise((resolve) => {
    tar.once('error', (error) => resolve(`tar cannot be started: ${error.message}`))
    tar.once('close', (exitCode, signal) => resolve(errors.explain({ exitCode, signal })))
  })
}
