/** Contexts in JavaScript, and in TypeScript, which becomes JavaScript before it reaches the process. */
import path from 'node:path'
import { nodeProgram } from '../run/program'
import { esbuildBinary, runEsbuild } from '../run/typescript'
import type { ToolboxServices } from '../services/services'
import { CodeError, type Language, type PreparedCode } from './language'

/** How code is named in tracebacks. */
const shownName = '<run>'

export const javascript: Language = {
  title: 'Node.js',
  program: ({ config }) => ({
    file: nodeProgram(config.basePath),
    args: [path.join(config.assetsDir, 'node', 'interpreter.cjs')],
  }),
  // Of one socket for both ways, writing would not wait once the thread that reads has it.
  sockets: 2,
  prepare: (code) => ({ code }),
  interrupt: (id, _process, channel) => channel.send({ op: 'interrupt', id }),
}

export const typescript: Language = { ...javascript, prepare: withoutTypes }

/** No format is asked for, so that imports, exports and top-level await stay as they are. */
const argumentsForRun = [
  '--loader=ts',
  '--platform=node',
  '--target=node20',
  '--sourcemap=inline',
  `--sourcefile=${shownName}`,
  '--color=false',
  '--log-level=error',
]

async function withoutTypes(code: string, services: ToolboxServices): Promise<PreparedCode> {
  const binary = esbuildBinary(services.config.assetsDir)
  if (binary === null) throw unavailable('TypeScript cannot be run: this installation lacks esbuild for this platform.')
  const env = services.childEnvironment({})
  for (const experimentalDecorators of [false, true]) {
    // An import that this run does not use may be what a later one needs.
    const compilerOptions = { verbatimModuleSyntax: true, experimentalDecorators }
    const tsconfig = `--tsconfig-raw=${JSON.stringify({ compilerOptions })}`
    const { exitCode, stdout, stderr } = await runEsbuild(services, {
      binary,
      source: code,
      env,
      args: [...argumentsForRun, tsconfig],
      output: 'pipe',
    })
    if (exitCode === 0) return splitSourceMap(stdout.toString('utf8'))
    if (!stderr.includes('experimental decorators')) throw grammarError(stderr)
  }
  throw unavailable('this TypeScript cannot be made into JavaScript')
}

function splitSourceMap(text: string): PreparedCode {
  const [whole, data] = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(text) ?? []
  if (whole === undefined || data === undefined) return { code: text }
  return { code: text.slice(0, -whole.length), sourceMap: Buffer.from(data, 'base64').toString('utf8') }
}

function unavailable(message: string): CodeError {
  return new CodeError({ name: 'ContextError', value: message, traceback: `ContextError: ${message}\n` })
}

/** The first of esbuild's messages, and all of them as its traceback. */
function grammarError(messages: string): CodeError {
  const value = /\[ERROR\] (.*)/.exec(messages)?.[1] ?? 'the code cannot be read'
  return new CodeError({ name: 'SyntaxError', value, traceback: `SyntaxError: ${value}\n\n${messages.trim()}\n` })
}
