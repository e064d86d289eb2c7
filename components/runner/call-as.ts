/** A draft as code to copy: a curl command and programs for the SDKs. They never contain an API key. */

import { type ApiAccess, curlPost } from '@/components/execution/api-access'
import type { StartRunRequest } from '@/lib/process-api/extensions'

export interface CallForms {
  curl: string
  python: string
  typescript: string
}

/**
 * A run as calls of the process API (execute or code-run) and of its SDKs. Code runs of the SDKs have no working
 * directory and use the sandbox's language; where that loses something, a comment in the code says so.
 */
export function callForms(
  api: ApiAccess,
  sandboxId: string,
  request: StartRunRequest,
  sandboxLanguage: string,
): CallForms {
  return {
    curl: curl(api, sandboxId, request),
    python: python(api, sandboxId, request, sandboxLanguage),
    typescript: typescript(api, sandboxId, request, sandboxLanguage),
  }
}

function curl(api: ApiAccess, sandboxId: string, request: StartRunRequest): string {
  const path = request.kind === 'command' ? 'execute' : 'code-run'
  const { kind: _kind, ...rest } = request
  const sent = request.kind === 'command' ? rest : omit(rest, 'cwd')
  const lost =
    request.kind === 'code' && request.cwd ? '# code-run has no working directory; change it in the code\n' : ''
  return lost + curlPost(api, 'toolbox', `/${sandboxId}/process/${path}`, filled(sent))
}

function python(api: ApiAccess, sandboxId: string, request: StartRunRequest, sandboxLanguage: string): string {
  const head = `from daytona import ${request.kind === 'code' ? 'CodeRunParams, ' : ''}Daytona

# ${api.sdkNote}
sandbox = Daytona().get(${pythonText(sandboxId)})
`
  if (request.kind === 'command') {
    const options = [
      pythonText(request.command),
      request.cwd && `cwd=${pythonText(request.cwd)}`,
      request.envs && some(request.envs) && `env=${pythonMap(request.envs)}`,
      request.timeout && `timeout=${request.timeout}`,
    ]
    return `${head}response = sandbox.process.exec(${options.filter(Boolean).join(', ')})
print(response.exit_code, response.result)`
  }
  const params = [
    request.argv && request.argv.length > 0 && `argv=[${request.argv.map(pythonText).join(', ')}]`,
    request.envs && some(request.envs) && `env=${pythonMap(request.envs)}`,
  ].filter(Boolean)
  const options = [
    pythonText(request.code),
    params.length > 0 && `params=CodeRunParams(${params.join(', ')})`,
    request.timeout && `timeout=${request.timeout}`,
  ]
  const imports = params.length > 0 ? head : head.replace('CodeRunParams, ', '')
  return `${imports}${losses(request, sandboxLanguage, '#')}response = sandbox.process.code_run(${options.filter(Boolean).join(', ')})
print(response.exit_code, response.result)`
}

function typescript(api: ApiAccess, sandboxId: string, request: StartRunRequest, sandboxLanguage: string): string {
  const head = `import { Daytona } from '@daytona/sdk'

// ${api.sdkNote}
const sandbox = await new Daytona().get(${JSON.stringify(sandboxId)})
`
  const call =
    request.kind === 'command'
      ? `executeCommand(${trimmed([JSON.stringify(request.command), jsOr(request.cwd), jsMap(request.envs), jsOr(request.timeout)])})`
      : `codeRun(${trimmed([JSON.stringify(request.code), jsParams(request), jsOr(request.timeout)])})`
  const lost = request.kind === 'code' ? losses(request, sandboxLanguage, '//') : ''
  return `${head}${lost}const response = await sandbox.process.${call}
console.log(response.exitCode, response.result)`
}

function losses(request: Extract<StartRunRequest, { kind: 'code' }>, sandboxLanguage: string, comment: string): string {
  const lines: string[] = []
  if (request.cwd) lines.push(`${comment} code runs of the SDK have no working directory; change it in the code`)
  if (request.language !== sandboxLanguage) {
    lines.push(`${comment} this sandbox's code runs are ${sandboxLanguage}; this code is ${request.language}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** A JSON string is also a Python string: JSON.stringify does not escape characters above U+FFFF, where the two differ. */
const pythonText = (text: string) => JSON.stringify(text)

function pythonMap(map: Record<string, string>): string {
  return `{${Object.entries(map)
    .map(([name, value]) => `${pythonText(name)}: ${pythonText(value)}`)
    .join(', ')}}`
}

function jsParams(request: Extract<StartRunRequest, { kind: 'code' }>): string {
  const parts = [
    request.argv && request.argv.length > 0 && `argv: ${JSON.stringify(request.argv)}`,
    request.envs && some(request.envs) && `env: ${JSON.stringify(request.envs)}`,
  ].filter(Boolean)
  return parts.length > 0 ? `{ ${parts.join(', ')} }` : 'undefined'
}

const jsMap = (map: Record<string, string> | null | undefined) => (map && some(map) ? JSON.stringify(map) : 'undefined')
const jsOr = (value: string | number | null | undefined) => (value ? JSON.stringify(value) : 'undefined')

/** Joins arguments without trailing `undefined`s. */
function trimmed(parts: string[]): string {
  const last = parts.findLastIndex((part) => part !== 'undefined')
  return parts.slice(0, last + 1).join(', ')
}

const some = (map: Record<string, string>) => Object.keys(map).length > 0

function omit(value: Record<string, unknown>, name: string): Record<string, unknown> {
  const { [name]: _left, ...rest } = value
  return rest
}

/** Without absent, null and empty values. */
function filled(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, part]) => {
      if (part === null || part === undefined) return false
      return typeof part !== 'object' || Object.keys(part).length > 0
    }),
  )
}
