/** JavaScript contexts, and TypeScript ones, whose code is compiled to JavaScript before it reaches the worker. */
import path from 'node:path'
import { nodeCertificates } from '../run/node-certificates'
import { nodeProgram } from '../run/program'
import { esbuildBinary, runEsbuild } from '../run/typescript'
import type { ToolboxServices } from '../services/services'
import type { Language, PreparedCode } from './language'
import { hiddenVariables } from './node/hidden-variables'
import { CodeError, contextError } from './run-errors'

/** The file name of the code in tracebacks. */
const sourceName = '<run>'

export const javascript: Language = {
  title: 'Node.js',
  program({ config }, env) {
    const certificates = nodeCertificates(config, env)
    return {
      file: nodeProgram(config.basePath),
      args: [...(certificates?.args ?? []), path.join(config.assetsDir, 'node', 'interpreter.cjs')],
      env: certificates ? { ...certificates.env, [hiddenVariables]: JSON.stringify(certificates.hidden) } : env,
    }
  },
  // With one socket for both directions, writes would not block once the reading thread has made it non-blocking.
  sockets: 2,
  prepare: (code) => ({ code }),
  interrupt: (id, _process, channel) => channel.send({ op: 'interrupt', id }),
}

export const typescript: Language = { ...javascript, prepare: compile }

/** Without `--format`, so that imports, exports and top-level await stay as they are. */
const esbuildArgs = [
  '--loader=ts',
  '--platform=node',
  '--target=node20',
  '--sourcemap=inline',
  `--sourcefile=${sourceName}`,
  '--color=false',
  '--log-level=error',
]

async function compile(code: string, services: ToolboxServices): Promise<PreparedCode> {
  const binary = esbuildBinary(services.config.assetsDir)
  if (binary === null) throw unavailable('TypeScript cannot be run: this installation lacks esbuild for this platform.')
  const env = services.childEnvironment({})
  for (const experimentalDecorators of [false, true]) {
    // A later run may need an import that this one does not use.
    const compilerOptions = { verbatimModuleSyntax: true, experimentalDecorators }
    const tsconfig = `--tsconfig-raw=${JSON.stringify({ compilerOptions })}`
    const { exitCode, stdout, stderr } = await runEsbuild(services, {
      binary,
      source: code,
      env,
      args: [...esbuildArgs, tsconfig],
      output: 'pipe',
    })
    if (exitCode === 0) return splitSourceMap(stdout.toString('utf8'))
    if (!stderr.includes('experimental decorators')) throw syntaxError(stderr)
  }
  throw unavailable('this TypeScript code could not be compiled')
}

function splitSourceMap(text: string): PreparedCode {
  const [whole, data] = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(text) ?? []
  if (whole === undefined || data === undefined) return { code: text }
  return { code: text.slice(0, -whole.length), sourceMap: Buffer.from(data, 'base64').toString('utf8') }
}

function unavailable(message: string): CodeError {
  return new CodeError(contextError(message))
}

/** The first of esbuild's messages as the error, and all of them as the traceback. */
function syntaxError(messages: string): CodeError {
  const value = /\[ERROR\] (.*)/.exec(messages)?.[1] ?? 'the code cannot be parsed'
  return new CodeError({ name: 'SyntaxError', value, traceback: `SyntaxError: ${value}\n\n${messages.trim()}\n` })
}
