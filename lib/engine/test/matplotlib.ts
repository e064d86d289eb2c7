/** Real matplotlib for the tests: the one on this machine, else one installed from a package index into a new folder. */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { toolboxConfigSchema } from '../config/toolbox-config'

const run = promisify(execFile)

/** Where sandboxes find `python3`, which may differ from this process's. */
const sandboxPath = toolboxConfigSchema.shape.basePath.parse(undefined)

/** An installation from a package index takes half a minute on a slow machine. */
const installMs = 240_000

export type Matplotlib =
  | { available: true; env: Record<string, string>; version: string }
  | { available: false; why: string }

let found: Promise<Matplotlib> | null = null

/** The variables that let a sandbox's Python find matplotlib, or why it is not available. */
export function findMatplotlib(): Promise<Matplotlib> {
  found ??= find()
  return found
}

async function find(): Promise<Matplotlib> {
  const installed = await versionWith({})
  if (installed) return { available: true, env: {}, version: installed }
  const folder = path.join(process.env.XDG_CACHE_HOME ?? path.join(tmpdir(), 'sandglass-test-cache'), 'matplotlib')
  const env = { PYTHONPATH: folder }
  const before = await versionWith(env)
  if (before) return { available: true, env, version: before }
  try {
    mkdirSync(folder, { recursive: true })
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, 'matplotlib', 'pandas'], {
      timeout: installMs,
      env: { ...process.env, PATH: sandboxPath },
    })
  } catch (error) {
    return { available: false, why: `pip could not install it: ${lastLine(error)}` }
  }
  const version = await versionWith(env)
  return version
    ? { available: true, env, version }
    : { available: false, why: 'pip installed it, but it cannot be imported' }
}

async function versionWith(env: Record<string, string>): Promise<string | null> {
  try {
    const { stdout } = await run('python3', ['-c', 'import matplotlib; print(matplotlib.__version__)'], {
      env: { ...process.env, PATH: sandboxPath, ...env },
    })
    return stdout.trim()
  } catch {
    // Not installed; the caller handles that.
    return null
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n').at(-1) ?? ''
}
