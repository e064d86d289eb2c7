/**
 * TypeScript to JavaScript by the esbuild binary: 8 ms for each run, and no memory between runs (the service mode would
 * use 12 MB in every sandbox). sucrase takes longer to load and does not support decorators, namespaces or
 * top-level await.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  esbuildArguments,
  foldersOf,
  readTsconfig,
  whatIsMissing,
  withoutHashbang,
} from '../assets/node/esbuild-options.cjs'
import { startChild } from '../process/child'
import { drain } from '../process/drain'
import { LimitedOutput } from '../process/limited-output'
import type { PipeStream } from '../process/starter'
import type { ToolboxServices } from '../services/services'

/** The program has errors; the message is esbuild's, with file name, line and column. */
export class TransformError extends Error {
  override readonly name = 'TransformError'
}

/** Where the build puts the binary, beside the toolbox's bundle. */
export function esbuildBinary(assetsDir: string): string | null {
  const file = path.join(assetsDir, 'node_modules', '@esbuild', `${process.platform}-${process.arch}`, 'bin', 'esbuild')
  return existsSync(file) ? file : null
}

export interface Transformation {
  binary: string
  /** Name of the program's file as sandboxed code sees it, for messages and stack traces. */
  file: string
  source: string
  /** The directory that the program is treated as being in: its working directory. */
  cwd: string
  env: Readonly<Record<string, string>>
  output: PipeStream
}

/**
 * Write the program as JavaScript to a descriptor, whole or not at all; its first comment names the module format:
 * CommonJS, as on the reference, or an ES module if the program uses top-level await. Decorators follow tsconfig.json,
 * else the standard; parameter decorators exist only in the older kind. Rejects with a `TransformError`.
 */
export async function transformTypeScript(services: EsbuildServices, transformation: Transformation): Promise<void> {
  const { binary, env, output } = transformation
  const compilerOptions = compilerOptionsIn(transformation.cwd)
  const source = withoutHashbang(transformation.source)
  let isModule = false
  let legacyDecorators = false
  for (;;) {
    const args = argumentsFor(transformation, { isModule, legacyDecorators, compilerOptions })
    const result = await runEsbuild(services, { binary, source, env, output, args })
    if (result.exitCode === 0) return
    const missing = whatIsMissing(result.stderr)
    if (!isModule && missing.module) isModule = true
    else if (!legacyDecorators && missing.legacyDecorators) legacyDecorators = true
    else throw new TransformError(result.stderr || 'The TypeScript program could not be transformed.\n')
  }
}

interface Attempt {
  isModule: boolean
  legacyDecorators: boolean
  compilerOptions: Record<string, unknown>
}

function argumentsFor({ file, cwd }: Transformation, { isModule, ...attempt }: Attempt): string[] {
  const meta = {
    'import.meta.url': JSON.stringify(pathToFileURL(file).href),
    'import.meta.filename': JSON.stringify(file),
    'import.meta.dirname': JSON.stringify(cwd),
  }
  return esbuildArguments({
    ...attempt,
    file,
    loader: 'ts',
    format: isModule ? 'esm' : 'cjs',
    define: isModule ? foldersOf(file, cwd) : meta,
    banner: isModule ? '/*module*/' : '/*commonjs*/',
  })
}

/** The compiler options of the effective tsconfig.json of a folder. Throws a `TransformError` if it is invalid. */
export function compilerOptionsIn(folder: string): Record<string, unknown> {
  try {
    return readTsconfig(folder)?.compilerOptions ?? {}
  } catch (error) {
    throw new TransformError(`${error instanceof Error ? error.message : 'The tsconfig.json cannot be read'}\n`)
  }
}

export type EsbuildServices = Pick<ToolboxServices, 'starter' | 'pipes'>

interface EsbuildRequest {
  binary: string
  source: string
  env: Readonly<Record<string, string>>
  args: readonly string[]
  /** Where the result goes; nothing is written if there are errors. */
  output: PipeStream | 'pipe'
}

interface EsbuildResult {
  exitCode: number | null
  /** Empty if the result went to a descriptor. */
  stdout: Buffer
  stderr: string
}

/** esbuild prints at most ten messages. What exceeds this was written by another program of the sandbox. */
const maxMessageBytes = 1024 * 1024
/** A result has the source, its map and helpers of esbuild. */
const maxGrowth = 8
const minResultBytes = 1024 * 1024

/**
 * Any program of the sandbox can open the pipes of esbuild, write to them without end, and keep them open. So the output
 * has a limit, and the exit of esbuild ends the wait for it.
 * Rejects with a `SpawnError` if esbuild cannot be started.
 */
export async function runEsbuild(
  { starter, pipes }: EsbuildServices,
  { binary, source, env, args, output }: EsbuildRequest,
): Promise<EsbuildResult> {
  const messages = new LimitedOutput(maxMessageBytes)
  const results = new LimitedOutput(maxGrowth * Buffer.byteLength(source) + minResultBytes)
  const stdin = pipes.file(source)
  const stderr = await pipes.output((bytes) => messages.add(bytes))
  const stdout = output === 'pipe' ? await pipes.output((bytes) => results.add(bytes)) : null
  const opened = stdout ? [stderr, stdout] : [stderr]
  const release = () => {
    stdin.release()
    for (const pipe of opened) pipe.closeWriteEnd()
  }
  try {
    const streams = { stdin: stdin.stream, stdout: stdout?.stream ?? toPipe(output), stderr: stderr.stream }
    const { exited } = await startChild(starter, { file: binary, args, cwd: '/', env, ...streams })
    release()
    const { exitCode } = await exited
    await drain(opened)
    return { exitCode, stdout: results.whole(), stderr: messages.whole().toString('utf8') }
  } finally {
    release()
    for (const pipe of opened) pipe.destroy()
  }
}

function toPipe(output: PipeStream | 'pipe'): PipeStream | null {
  return output === 'pipe' ? null : output
}
