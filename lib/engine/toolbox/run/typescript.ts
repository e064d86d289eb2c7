/**
 * TypeScript to JavaScript by the esbuild binary: 8 ms for each run and no memory in between (its service mode would
 * keep 12 MB in every sandbox). sucrase, tried beside it, takes longer to load and knows no decorators, namespaces or
 * top-level await.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { startChild } from '../process/child'
import type { PipeStream } from '../process/starter'
import type { ToolboxServices } from '../services/services'

/** The program has errors; the message is esbuild's, with file name, line and column. */
export class TransformError extends Error {
  override readonly name = 'TransformError'
}

/** The name under which a program is known in messages and stack traces. */
export const typescriptName = 'main.ts'

/** Where the build puts the binary, beside the toolbox's bundle. */
export function esbuildBinary(assetsDir: string): string | null {
  const file = path.join(assetsDir, 'node_modules', '@esbuild', `${process.platform}-${process.arch}`, 'bin', 'esbuild')
  return existsSync(file) ? file : null
}

/**
 * Write the program as JavaScript to a descriptor, whole or not at all; its first characters tell its kind. CommonJS, as
 * the reference runs it; an ES module where the program needs one (top-level await, import.meta). Decorators are the
 * standard ones; the older kind where only that can be meant (parameter decorators).
 * Rejects with a `TransformError`.
 */
export async function transformTypeScript(
  services: EsbuildServices,
  { binary, source, env, output }: { binary: string; source: string; env: Record<string, string>; output: PipeStream },
): Promise<void> {
  let kind: ModuleKind = 'commonjs'
  let legacyDecorators = false
  for (;;) {
    const result = await runEsbuild(services, {
      binary,
      source,
      env,
      output,
      args: argumentsFor(kind, legacyDecorators),
    })
    if (result.exitCode === 0) return
    const needsModule = /Top-level await|"import\.meta"/.test(result.stderr)
    const needsLegacy = result.stderr.includes('experimental decorators')
    if (kind === 'commonjs' && needsModule) kind = 'module'
    else if (!legacyDecorators && needsLegacy) legacyDecorators = true
    else throw new TransformError(result.stderr || 'the TypeScript program could not be transformed\n')
  }
}

type ModuleKind = 'commonjs' | 'module'

function argumentsFor(kind: ModuleKind, legacyDecorators: boolean): string[] {
  return [
    '--loader=ts',
    `--format=${kind === 'module' ? 'esm' : 'cjs'}`,
    '--platform=node',
    '--target=node20',
    '--sourcemap=inline',
    `--sourcefile=${typescriptName}`,
    '--color=false',
    '--log-level=error',
    '--log-override:empty-import-meta=error',
    `--banner=/*${kind}*/`,
    `--tsconfig-raw=${JSON.stringify({ compilerOptions: { experimentalDecorators: legacyDecorators } })}`,
  ]
}

export type EsbuildServices = Pick<ToolboxServices, 'starter' | 'pipes'>

interface EsbuildRequest {
  binary: string
  source: string
  env: Record<string, string>
  args: readonly string[]
  /** Where the result goes; nothing is written where there are errors. */
  output: PipeStream | 'pipe'
}

interface EsbuildResult {
  exitCode: number | null
  /** Empty where the result went to a descriptor. */
  stdout: Buffer
  stderr: string
}

/** Rejects with a `SpawnError` where esbuild cannot be started. */
export async function runEsbuild(
  { starter, pipes }: EsbuildServices,
  { binary, source, env, args, output }: EsbuildRequest,
): Promise<EsbuildResult> {
  const results: Buffer[] = []
  const messages: Buffer[] = []
  const stdin = pipes.file(source)
  const stderr = await pipes.output((bytes) => messages.push(Buffer.from(bytes)))
  const stdout = output === 'pipe' ? await pipes.output((bytes) => results.push(Buffer.from(bytes))) : null
  const release = () => {
    stdin.release()
    stderr.closeWriteEnd()
    stdout?.closeWriteEnd()
  }
  try {
    const streams = { stdin: stdin.stream, stdout: stdout?.stream ?? toPipe(output), stderr: stderr.stream }
    const { exited } = await startChild(starter, { file: binary, args, cwd: '/', env, ...streams })
    release()
    const [{ exitCode }] = await Promise.all([exited, stderr.ended, stdout?.ended])
    return { exitCode, stdout: Buffer.concat(results), stderr: Buffer.concat(messages).toString('utf8') }
  } catch (error) {
    release()
    stderr.destroy()
    stdout?.destroy()
    throw error
  }
}

function toPipe(output: PipeStream | 'pipe'): PipeStream | null {
  return output === 'pipe' ? null : output
}
