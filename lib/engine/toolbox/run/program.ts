/** From a request to what is started: program, arguments, and the file or stream that its text comes from. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { CodeLanguage } from '@/lib/process-api/process'
import { SpawnError } from '../../linux/spawn-error'
import type { PipeStream } from '../process/starter'
import type { ToolboxServices } from '../services/services'
import { nodeCertificates } from './node-certificates'
import { createProgramFile, type ProgramFile } from './program-file'
import { esbuildBinary, transformTypeScript } from './typescript'

export interface Program {
  file: string
  args: string[]
  env: Readonly<Record<string, string>>
  /** Streams from 3 on. */
  more: PipeStream[]
  /** Close the streams: the child has its own copies, or failed to start. */
  started(): void
  /** Write the text of a child that started without it. Rejects with a `TransformError` if it has errors. */
  complete(): Promise<void>
  /** The program has ended. */
  ended(): void
  /** Remove its files: no process is left that could open them. */
  release(): void
}

export interface ProgramRequest {
  runId: string
  language: CodeLanguage | null
  text: string
  argv: readonly string[]
  /** Absolute. */
  cwd: string
  env: Readonly<Record<string, string>>
}

/** The kernel takes 128 KiB as one argument; a longer command goes into a file. */
const maxArgumentBytes = 100 * 1024

const compoundCommand = /[;&|()`\n]/
const commandVariable = 'SANDGLASS_SHELL_COMMAND'
/** The variable is expanded before it is removed; no other variable of the command is touched. */
const evalCommand = `eval "unset ${commandVariable}; $${commandVariable}"`

/** Code that may look for something beside itself by its own name, or start itself again, needs links there. */
const namesItself = {
  python: /__file__|argv|executable/,
  javascript: /\bimport\b|__filename|argv|execPath/,
  typescript: /\bimport\s*[(.]|__filename|argv|execPath/,
}

/** Throws a `SpawnError` if the program cannot be prepared. */
export async function prepareProgram(services: ToolboxServices, request: ProgramRequest): Promise<Program> {
  switch (request.language) {
    case null:
      return commandProgram(services, request)
    case 'python':
      return pythonProgram(services, request)
    case 'javascript':
      return nodeProgramOf(services, request, 'main.js')
    case 'typescript':
      return typescriptProgram(services, request)
  }
}

/**
 * A shell that is given a compound command as an argument keeps running with that command in its own command line, where
 * `pkill -f` and `ps | grep` find it: `pkill -f server.js; npm start` would end itself. So it gets the text in a
 * variable. The shell replaces itself with a simple command, which therefore stays an argument and saves a fork.
 */
function commandProgram({ shell, pipes }: ToolboxServices, { text, env }: ProgramRequest): Program {
  if (Buffer.byteLength(text) <= maxArgumentBytes) {
    if (!compoundCommand.test(text)) return program({ file: shell, args: ['-c', '--', text], env })
    return program({ file: shell, args: ['-c', evalCommand], env: { ...env, [commandVariable]: text } })
  }
  const file = scratch(() => pipes.namedFile('command.sh', text))
  return { ...program({ file: shell, args: ['--', file], env }), ended: () => pipes.discardFile(file) }
}

function pythonProgram(services: ToolboxServices, request: ProgramRequest): Program {
  const code = codeFile(services, request, 'main.py')
  const args = ['-u', code.path, ...request.argv]
  return { ...program({ file: 'python3', args, env: request.env }), release: code.remove }
}

function nodeProgramOf(services: ToolboxServices, request: ProgramRequest, name: 'main.js' | 'main.ts'): Program {
  const { config } = services
  const code = codeFile(services, request, name)
  const certificates = nodeCertificates(config, request.env)
  const settings = {
    main: code.path,
    workDir: request.cwd,
    language: request.language,
    certificates: certificates?.hidden ?? {},
  }
  const loader = JSON.stringify(nodeAsset(config.assetsDir, 'program.cjs'))
  const preload = scratch(() =>
    code.writePreload(`require(${loader}).start(__filename, ${JSON.stringify(settings)})\n`),
  )
  const args = [...(certificates?.args ?? []), '-r', preload, code.path, ...request.argv]
  // The program's children have the preload too; the variable says which process is the first.
  const env = { ...(certificates?.env ?? request.env), SANDGLASS_PROGRAM: '1' }
  return { ...program({ file: nodeProgram(config.basePath), args, env }), release: code.remove }
}

/** Node starts while the text is being transformed, which takes less time. */
async function typescriptProgram(services: ToolboxServices, request: ProgramRequest): Promise<Program> {
  const { config, pipes } = services
  const binary = esbuildBinary(config.assetsDir)
  if (binary === null)
    throw new SpawnError('TypeScript cannot be run: this installation lacks esbuild for this platform.')
  const node = nodeProgramOf(services, request, 'main.ts')
  const file = node.args.at(-request.argv.length - 1) ?? ''
  const between = await pipes.between()
  const transform = { binary, file, source: request.text, cwd: request.cwd, env: request.env }
  return {
    ...node,
    more: [between.readStream],
    started: between.closeReadEnd,
    complete: () =>
      transformTypeScript(services, { ...transform, output: between.writeStream }).finally(between.closeWriteEnd),
    ended: between.closeWriteEnd,
  }
}

function codeFile({ config }: ToolboxServices, request: ProgramRequest, name: string): ProgramFile {
  const { language, text, cwd, runId } = request
  const linkTo = language !== null && namesItself[language].test(text) ? cwd : null
  return scratch(() => createProgramFile(config, { runId, name, text, linkTo }))
}

function program({ file, args, env }: Pick<Program, 'file' | 'args' | 'env'>): Program {
  const nothing = () => {}
  return {
    file,
    args,
    env,
    more: [],
    started: nothing,
    complete: () => Promise.resolve(),
    ended: nothing,
    release: nothing,
  }
}

/** The sandbox's Node, or the one that runs the toolbox. */
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
