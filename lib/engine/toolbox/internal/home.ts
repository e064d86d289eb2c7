/**
 * The sandbox's home as one tar stream, out and in. `tar` runs inside the isolation like everything that touches these
 * files: whatever links a program puts in its way lead nowhere else.
 */
import type { Duplex } from 'node:stream'
import { ApiError } from '@/lib/process-api/errors'
import { sendEmpty } from '../../http/reply'
import type { Handler } from '../../http/router'
import { sendSignal } from '../../linux/signals'
import { homeFailureTrailer, packArguments, TarErrors, unpackArguments } from '../../state/home-archive'
import { startChild } from '../process/child'
import type { ToolboxServices } from '../services/services'

/** `GET`: the status comes before the copy, so a failure comes behind it, as a trailer. */
export function sendHome(services: ToolboxServices): Handler {
  return async ({ response }) => {
    const tar = await startTar(services, packArguments(services.config.homeDir), 'stdout')
    response.writeHead(200, { 'content-type': 'application/x-tar', trailer: homeFailureTrailer })
    response.once('close', tar.kill)
    tar.stream.pipe(response, { end: false })
    const failure = await tar.failure
    if (failure !== null) response.addTrailers({ [homeFailureTrailer]: encodeURIComponent(failure) })
    response.end()
  }
}

/** `PUT`: what is there already and not in the stream stays. */
export function receiveHome(services: ToolboxServices): Handler {
  return async ({ request, response }) => {
    const tar = await startTar(services, unpackArguments(services.config.homeDir), 'stdin')
    // A tar that gives up early ends the pipe; what it says tells more than the pipe, and the rest is dropped.
    tar.stream.on('error', () => request.resume())
    request.pipe(tar.stream)
    // Half a stream must not be taken for the end of a whole one.
    request.once('error', tar.kill)
    const failure = await tar.failure
    if (failure !== null) throw new ApiError('UNPROCESSABLE_ENTITY', failure)
    sendEmpty(response, 204)
  }
}

interface RunningTar {
  /** Its standard input or output. */
  stream: Duplex
  kill(): void
  /** Resolves with null, or with one sentence on what tar could not do; never before its output was read. */
  failure: Promise<string | null>
}

async function startTar(
  services: ToolboxServices,
  args: readonly string[],
  used: 'stdin' | 'stdout',
): Promise<RunningTar> {
  const { homeDir, basePath } = services.config
  const complaints = new TarErrors()
  const stderr = await services.pipes.output((bytes) => complaints.add(bytes))
  try {
    const { pid, exited, sockets } = await startChild(services.starter, {
      file: 'tar',
      args,
      cwd: homeDir,
      // The system's own tar, whatever the sandbox calls so.
      env: { ...services.childEnvironment({}), PATH: `/usr/bin:/bin:${basePath}`, LC_ALL: 'C.UTF-8' },
      stdin: used === 'stdin' ? 'socket' : null,
      stdout: used === 'stdout' ? 'socket' : null,
      stderr: stderr.stream,
    })
    stderr.closeWriteEnd()
    const [stream] = sockets
    if (!stream) throw new Error('tar got no stream')
    const read = used === 'stdout' ? new Promise((resolve) => stream.once('close', resolve)) : null
    const failure = Promise.all([exited, stderr.ended, read]).then(([end]) => complaints.explain(end))
    return { stream, kill: () => void sendSignal([pid], 'SIGKILL'), failure }
  } catch (error) {
    stderr.destroy()
    throw error
  }
}
