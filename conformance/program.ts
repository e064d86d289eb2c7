/** Programs of users, run to their own end. */
import { spawn } from 'node:child_process'
import { deployment } from './client'

export interface ProgramRun {
  stdout: string
  stderr: string
  exitCode: number | null
  /** How long it lived after its last output, in ms. */
  livedOnMs: number
}

export function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<ProgramRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    let lastOutput = performance.now()
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        lastOutput = performance.now()
      })
    }
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ ...output, exitCode, livedOnMs: performance.now() - lastOutput }))
  })
}

/** A program that uses an official SDK as a user would, with only the address set. */
export function runSdkProgram(file: string, env: Record<string, string> = {}): Promise<ProgramRun> {
  const { apiUrl, apiKey, target } = deployment
  return run(process.execPath, [file], {
    ...process.env,
    DAYTONA_API_URL: apiUrl,
    DAYTONA_API_KEY: apiKey,
    ...(target ? { DAYTONA_TARGET: target } : {}),
    ...env,
  })
}
