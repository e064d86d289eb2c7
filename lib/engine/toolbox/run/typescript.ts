/**
 * TypeScript to JavaScript by the esbuild binary: 8 ms for each run and no memory in between (its service mode would
 * keep 12 MB in every sandbox). sucrase, tried beside it, takes longer to load and knows no decorators, namespaces or
 * top-level await.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { forSpawn } from '../process/environment'

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
  binary: string,
  source: string,
  env: Record<string, string>,
  output: number,
): Promise<void> {
  let kind: ModuleKind = 'commonjs'
  let legacyDecorators = false
  for (;;) {
    const result = await runEsbuild(binary, source, { env, output, args: argumentsFor(kind, legacyDecorators) })
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

interface EsbuildRequest {
  env: Record<string, string>
  args: readonly string[]
  /** Where the result goes; nothing is written where there are errors. */
  output: number | 'pipe'
}

interface EsbuildResult {
  exitCode: number | null
  /** Empty where the result went to a descriptor. */
  stdout: Buffer
  stderr: string
}

export function runEsbuild(
  binary: string,
  source: string,
  { env, args, output }: EsbuildRequest,
): Promise<EsbuildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { env: forSpawn(env), stdio: ['pipe', output, 'pipe'] })
    const { stdin, stdout, stderr } = child
    const results: Buffer[] = []
    const messages: Buffer[] = []
    stdout?.on('data', (chunk: Buffer) => results.push(chunk))
    stderr?.on('data', (chunk: Buffer) => messages.push(chunk))
    // EPIPE where esbuild ended before it had read everything; its exit tells why.
    stdin?.on('error', () => stdin.destroy())
    stdin?.end(source)
    child.once('error', reject)
    child.once('close', (exitCode) => {
      resolve({ exitCode, stdout: Buffer.concat(results), stderr: Buffer.concat(messages).toString('utf8') })
    })
  })
}
