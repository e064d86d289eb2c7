/**
 * The sandbox's home as one tar stream, out and in. `tar` runs inside the isolation like everything that touches these
 * files: whatever links a program puts in its way lead nowhere else.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { ApiError } from '@/lib/process-api/errors'
import { sendEmpty } from '../http/reply'
import type { Handler } from '../http/router'
import { forSpawn } from '../process/environment'
import type { ToolboxServices } from '../services'
import { explainTar, homeFailureTrailer, packArguments, unpackArguments } from './home-archive'

/** `GET`: the status comes before the copy, so a failure comes behind it, as a trailer. */
export function sendHome(services: ToolboxServices): Handler {
  return async ({ response }) => {
    const tar = startTar(services, packArguments(services.config.homeDir), 'pipe')
    response.writeHead(200, { 'content-type': 'application/x-tar', trailer: homeFailureTrailer })
    response.once('close', () => tar.process.kill('SIGKILL'))
    tar.process.stdout?.pipe(response, { end: false })
    const failure = await tar.failure
    if (failure !== null) response.addTrailers({ [homeFailureTrailer]: encodeURIComponent(failure) })
    response.end()
  }
}

/** `PUT`: what is there already and not in the stream stays. */
export function receiveHome(services: ToolboxServices): Handler {
  return async ({ request, response }) => {
    const tar = startTar(services, unpackArguments(services.config.homeDir), 'ignore')
    // A tar that gives up early ends the pipe; what it says tells more than the pipe, and the rest is dropped.
    tar.process.stdin?.on('error', () => request.resume())
    if (tar.process.stdin) request.pipe(tar.process.stdin)
    // Half a stream must not be taken for the end of a whole one.
    request.once('error', () => tar.process.kill('SIGKILL'))
    const failure = await tar.failure
    if (failure !== null) throw new ApiError('UNPROCESSABLE_ENTITY', failure)
    sendEmpty(response, 204)
  }
}

/** `failure` resolves with null, or with one sentence on what tar could not do; never before its output was read. */
function startTar(
  services: ToolboxServices,
  args: readonly string[],
  stdout: 'pipe' | 'ignore',
): { process: ChildProcess; failure: Promise<string | null> } {
  const { homeDir, basePath } = services.config
  const tar = spawn('tar', args, {
    cwd: homeDir,
    stdio: [stdout === 'pipe' ? 'ignore' : 'pipe', stdout, 'pipe'],
    // The system's own tar, whatever the sandbox calls so.
    env: forSpawn({ ...services.childEnvironment({}), PATH: `/usr/bin:/bin:${basePath}`, LC_ALL: 'C.UTF-8' }),
  })
  return { process: tar, failure: explainTar(tar) }
}
