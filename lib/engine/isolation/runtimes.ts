/** Finds the real locations of the host's node and python3, so that sandboxes see those folders and no others. */
import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { findProgram, isExecutableFile } from '@/lib/settings/programs'
import { isInside } from './paths'

const run = promisify(execFile)

export interface Runtimes {
  /** Files and folders outside the system's that must be visible read-only, at the same path. */
  readonly visible: readonly string[]
  /** Folders to put first in the sandbox's PATH. */
  readonly binFolders: readonly string[]
  /** The target for `python` when the PATH only has python3. Null without python3. */
  readonly pythonAlias: string | null
}

/** Python itself reports its paths, because the one on the PATH may be a version manager's shim. */
const pathsProgram = 'import json,sys;print(json.dumps([sys.executable,sys.prefix,sys.base_prefix,sys.exec_prefix]))'
const pathsSchema = z.tuple([z.string(), z.string(), z.string(), z.string()])

/**
 * Find the runtimes. A python3 that does not respond within 10 s is ignored.
 * @param systemFolders folders that every sandbox sees anyway
 */
export async function findRuntimes(systemFolders: readonly string[]): Promise<Runtimes> {
  const visible: string[] = []
  const binFolders: string[] = []
  const isVisible = (name: string) => [...systemFolders, ...visible].some((known) => isInside(name, known))
  const show = (name: string) => {
    for (const candidate of new Set([name, realpathSync(name)])) if (!isVisible(candidate)) visible.push(candidate)
  }
  const addBin = (folder: string) => {
    if (!systemFolders.some((known) => isInside(folder, known)) && !binFolders.includes(folder)) binFolders.push(folder)
  }

  const node = realpathSync(process.execPath)
  const nodePrefix = path.dirname(path.dirname(node))
  const isInstallation = existsSync(path.join(nodePrefix, 'lib', 'node_modules')) && !holdsPrivateFiles(nodePrefix)
  show(isInstallation ? nodePrefix : node)
  addBin(path.dirname(node))

  const python = await findPython()
  for (const prefix of python?.prefixes ?? []) show(prefix)
  if (python) addBin(path.dirname(python.executable))
  return { visible, binFolders, pythonAlias: python && !hasPython(python.executable) ? python.executable : null }
}

/** A runtime installed directly into a home or a project must not expose all of it. */
function holdsPrivateFiles(prefix: string): boolean {
  return [homedir(), process.cwd()].some((folder) => isInside(folder, prefix))
}

interface Python {
  executable: string
  prefixes: string[]
}

async function findPython(): Promise<Python | null> {
  for (const program of new Set([findProgram('python3'), '/usr/bin/python3'])) {
    if (program === null || !isExecutableFile(program)) continue
    const found = await queryPython(program)
    if (found) return found
  }
  return null
}

async function queryPython(program: string): Promise<Python | null> {
  try {
    const { stdout } = await run(program, ['-I', '-c', pathsProgram], { timeout: 10_000 })
    const [executable, ...folders] = pathsSchema.parse(JSON.parse(stdout))
    const prefixes = [...new Set(folders)].filter((folder) => existsSync(folder))
    if (prefixes.some((prefix) => prefix !== '/usr' && holdsPrivateFiles(prefix))) return null
    return isExecutableFile(executable) ? { executable, prefixes } : null
  } catch (error) {
    log.error({ err: error }, `${program} does not respond and is not available in sandboxes`)
    return null
  }
}

/** Whether there is a `python` next to python3, or in a system folder. */
function hasPython(python3: string): boolean {
  const folders = [path.dirname(python3), '/usr/local/bin', '/usr/bin']
  return folders.some((folder) => isExecutableFile(path.join(folder, 'python')))
}
