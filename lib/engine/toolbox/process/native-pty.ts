/**
 * Only the native part of node-pty. Its JavaScript part closes the terminal 200 ms after the exit even if output was not
 * read yet, and reads in a way that can lose the end (see `terminal.ts`), so the toolbox does the reading.
 */
import { createRequire } from 'node:module'
import { z } from 'zod'

export interface NativePty {
  /** Start a program on a new terminal, as the leader of its session. `env` has `NAME=value` entries. */
  fork(
    file: string,
    args: string[],
    env: string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helperPath: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string }
  /** A new terminal, both sides open; `pty` is the name of the slave side. */
  open(cols: number, rows: number): { master: number; slave: number; pty: string }
  resize(fd: number, cols: number, rows: number): void
}

const functionOfSchema = z.custom<(...values: never[]) => unknown>((value) => typeof value === 'function')
const shapeSchema = z.object({ fork: functionOfSchema, open: functionOfSchema, resize: functionOfSchema })

let loaded: NativePty | null = null

/** Load the addon on first use. Throws if there is none for this platform. */
export function loadNative(): NativePty {
  if (loaded) return loaded
  const require = createRequire(import.meta.url)
  const addon: unknown = require(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`)
  if (!isNative(addon)) throw new Error('the PTY addon lacks required functions')
  loaded = addon
  return addon
}

function isNative(addon: unknown): addon is NativePty {
  return shapeSchema.safeParse(addon).success
}
