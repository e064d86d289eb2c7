/** The environment of a PTY that is created by connecting: a WebSocket subprotocol token (5.1). */
import { z } from 'zod'

const prefix = 'X-Daytona-Pty-Envs~'
const maxTokenLength = 65_536

export const exitControlToken = 'X-Daytona-Pty-Exit-Control'

/** The variables in the client's subprotocol token; none without a token. Throws an `Error` for an invalid one. */
export function readEnvToken(offered: readonly string[]): Record<string, string> {
  const token = offered.find((protocol) => protocol.startsWith(prefix))?.slice(prefix.length)
  if (token === undefined) return {}
  if (token.length > maxTokenLength) throw new Error(`longer than ${maxTokenLength} characters`)
  if (!/^[A-Za-z0-9_-]*$/.test(token)) throw new Error('not base64url without padding')
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch (error) {
    throw new Error('not JSON', { cause: error })
  }
  const envs = z.record(z.string(), z.string()).safeParse(value)
  if (!envs.success) throw new Error('not a JSON object of strings')
  const problem = envProblem(envs.data)
  if (problem !== null) throw new Error(problem)
  return envs.data
}

/** What is wrong with the variables, or null. */
export function envProblem(envs: Readonly<Record<string, string>>): string | null {
  for (const [name, text] of Object.entries(envs)) {
    if (name === '' || /[=\0\r\n]/.test(name)) return `invalid environment variable name: '${name}'`
    if (text.includes('\0')) return `the environment variable '${name}' contains a NUL character`
  }
  return null
}
