/** From a request to what is started: program, arguments, and the stream that its text comes on. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { CodeLanguage } from '@/lib/process-api/process'
import { SpawnError } from '../../linux/spawn-error'
import type { NamedStream } from '../process/fifo-pool'
import type { PipeStream } from '../process/starter'
import type { ToolboxServices } from '../services/services'
import { esbuildBinary, transformTypeScript, typescriptName } from './typescript'

export interface Program {
  file: string
  args: string[]
  /** Standard input where the program's text comes on it; null where it is free. */
  stdin: PipeStream | null
  /** Streams from 3 on. */
  more: PipeStream[]
  /** Let go of the streams: the child has its own, or never will. */
  started(): void
  /** Hand over the text where the child was started without. Rejects with a `TransformError` where there is none. */
  complete(): Promise<void>
  /** Remove files that had to live as long as the program. */
  ended(): void
}

export interface ProgramRequest {
  language: CodeLanguage | null
  text: string
  argv: readonly string[]
  /** The program's standard input is wanted for input, so its text must come another way. */
  stdinOpen: boolean
  env: Record<string, string>
}

/** The kernel takes 128 KiB as one argument; a longer command goes into a file. */
const longestArgument = 100 * 1024

/** With `-u`, Python reads its standard input byte by byte: 12 MB of code take 6 s so, and 0.1 s from descriptor 3. */
const longestPythonInput = 16 * 1024

/** For code that is long, or where standard input is open. Otherwise `-` does it all. */
const pythonFromDescriptor = `import os, sys
sys.argv[0] = '-'
with os.fdopen(3, encoding='utf-8') as program: source = program.read()
code = compile(source, '<stdin>', 'exec')
del os, sys, program, source
exec(code)`

/** Throws a `SpawnError` where the program cannot be made ready. */
export async function prepareProgram(services: ToolboxServices, request: ProgramRequest): Promise<Program> {
  switch (request.language) {
    case null:
      return commandProgram(services, request)
    case 'python':
      return pythonProgram(services, request)
    case 'javascript':
      return javascriptProgram(services, request)
    case 'typescript':
      return typescriptProgram(services, request)
  }
}

function commandProgram({ shell, pipes }: ToolboxServices, { text }: ProgramRequest): Program {
  if (Buffer.byteLength(text) <= longestArgument) return program(shell, ['-c', '--', text])
  const file = scratch(() => pipes.namedFile('command.sh', text))
  return { ...program(shell, ['--', file]), ended: () => pipes.discardFile(file) }
}

function pythonProgram({ pipes }: ToolboxServices, { text, argv, stdinOpen }: ProgramRequest): Program {
  const code = scratch(() => pipes.file(text))
  return stdinOpen || Buffer.byteLength(text) > longestPythonInput
    ? program('python3', ['-u', '-c', pythonFromDescriptor, ...argv], null, [code])
    : program('python3', ['-u', '-', ...argv], code)
}

function javascriptProgram({ config, pipes }: ToolboxServices, { text, argv, stdinOpen }: ProgramRequest): Program {
  const code = scratch(() => pipes.file(text))
  const node = nodeProgram(config.basePath)
  return stdinOpen
    ? program(node, [nodeAsset(config.assetsDir, 'run-module.cjs'), '[stdin]', 'commonjs', ...argv], null, [code])
    : program(node, ['-r', nodeAsset(config.assetsDir, 'argv.cjs'), '-', ...argv], code)
}

/** Node is started before its text is there: transforming it takes less time than that. */
async function typescriptProgram(services: ToolboxServices, request: ProgramRequest): Promise<Program> {
  const { config, pipes } = services
  const binary = esbuildBinary(config.assetsDir)
  if (binary === null)
    throw new SpawnError('TypeScript cannot be run: this installation lacks esbuild for this platform.')
  const between = await pipes.between()
  const args = [
    '--enable-source-maps',
    nodeAsset(config.assetsDir, 'run-module.cjs'),
    typescriptName,
    '',
    ...request.argv,
  ]
  const code: NamedStream = { stream: between.readStream, release: between.closeReadEnd }
  const transform = { binary, source: request.text, env: request.env, output: between.writeStream }
  return {
    ...program(nodeProgram(config.basePath), args, null, [code]),
    complete: () => transformTypeScript(services, transform).finally(between.closeWriteEnd),
    ended: between.closeWriteEnd,
  }
}

function program(file: string, args: string[], stdin: NamedStream | null = null, more: NamedStream[] = []): Program {
  return {
    file,
    args,
    stdin: stdin?.stream ?? null,
    more: more.map(({ stream }) => stream),
    started: () => {
      for (const { release } of stdin === null ? more : [stdin, ...more]) release()
    },
    complete: () => Promise.resolve(),
    ended: () => {},
  }
}

/** Node as the sandbox has it, else the one that runs the toolbox. */
export function nodeProgram(searchPath: string): string {
  const found = searchPath.split(':').some((folder) => folder !== '' && existsSync(path.join(folder, 'node')))
  return found ? 'node' : process.execPath
}

function nodeAsset(assetsDir: string, name: string): string {
  return path.join(assetsDir, 'node', name)
}

function scratch<Value>(write: () => Value): Value {
  try {
    return write()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new SpawnError(`The program could not be handed over: its file could not be written (${code}).`, {
      cause: error,
    })
  }
}
