/**
 * The file that the code of a run is executed from. Workers, debuggers and `inspect` open a program by its name, so it
 * has a real one: `main.py`, `main.js` or `main.ts` in a folder of the run's own, in a folder that is read-only to
 * sandboxed code. It stays until no process of the run is left.
 */
import { mkdirSync, opendirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { errorCode } from '../../linux/spawn-error'

type Folders = Pick<ToolboxConfig, 'scratchDir' | 'scratchInside'>

export interface ProgramFile {
  /** Path as seen by processes of the sandbox. */
  readonly path: string
  /** Write a file that Node loads before the program. Returns its path as seen by them. */
  writePreload(text: string): string
  remove(): void
}

export interface ProgramFileRequest {
  runId: string
  /** Such as `main.py`. */
  name: string
  text: string
  /** Make links beside the program to what is in this folder; null makes none. */
  linkTo: string | null
}

/** In a larger folder nothing is linked: that would take longer than most programs run. */
const maxLinks = 1_000

/** Remove what a toolbox that was killed left behind. */
export function clearProgramFiles(folders: Folders): void {
  rmSync(rootOf(folders), { recursive: true, force: true })
}

/** Throws the file system's error if the file cannot be written. */
export function createProgramFile(folders: Folders, request: ProgramFileRequest): ProgramFile {
  const folder = makeFolder(folders, request.runId)
  const inside = path.join(folders.scratchInside ?? folders.scratchDir, 'runs', path.basename(folder))
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
    rmSync(`${folder}.cjs`, { force: true })
  }
  try {
    writeFileSync(path.join(folder, request.name), request.text, { mode: 0o400, flag: 'wx' })
    if (request.linkTo !== null) linkNames(request.linkTo, folder)
  } catch (error) {
    remove()
    throw error
  }
  return {
    path: path.join(inside, request.name),
    writePreload: (text) => {
      writeFileSync(`${folder}.cjs`, text, { mode: 0o400, flag: 'wx' })
      return `${inside}.cjs`
    },
    remove,
  }
}

function rootOf({ scratchDir }: Folders): string {
  return path.join(scratchDir, 'runs')
}

/** The first characters of the run's id keep tracebacks short; the whole id is there for the rare collision. */
function makeFolder(folders: Folders, runId: string): string {
  const root = rootOf(folders)
  for (const name of [runId.slice(0, 8), runId]) {
    const folder = path.join(root, name)
    try {
      mkdirSync(folder, { mode: 0o700 })
      return folder
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue
      if (errorCode(error) !== 'ENOENT') throw error
      makeRoot(folders)
      mkdirSync(folder, { mode: 0o700 })
      return folder
    }
  }
  throw new Error(`the run ${runId} already has a program file`)
}

/**
 * Without isolation the folder is in the host's file system, where a `package.json` further up would decide whether
 * programs are ES modules. An empty one leaves that to the program.
 */
function makeRoot(folders: Folders): void {
  mkdirSync(rootOf(folders), { recursive: true, mode: 0o700 })
  if (folders.scratchInside === null) writeFileSync(path.join(rootOf(folders), 'package.json'), '{}\n')
}

/** Link the working directory's files beside the program, so that it finds its data and modules there. */
function linkNames(target: string, folder: string): void {
  const names = namesIn(target)
  if (names.length > maxLinks) return
  for (const name of names) {
    // A package's kind does not change how code is run.
    if (name.equals(packageFile)) continue
    try {
      symlinkSync(joined(target, name), joined(folder, name))
    } catch (error) {
      // The program's own name.
      if (errorCode(error) !== 'EEXIST') throw error
    }
  }
}

const packageFile = Buffer.from('package.json')

/** At most `maxLinks` + 1 names; none if the folder cannot be read. */
function namesIn(folder: string): Buffer[] {
  const names: Buffer[] = []
  try {
    const entries = opendirSync(folder, { encoding: 'buffer' as BufferEncoding })
    try {
      for (let entry = entries.readSync(); entry && names.length <= maxLinks; entry = entries.readSync()) {
        names.push(entry.name as unknown as Buffer)
      }
    } finally {
      entries.closeSync()
    }
  } catch {
    // Starting the program reports what is wrong with its working directory.
    return []
  }
  return names
}

function joined(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name])
}
