/**
 * Copies the sandbox's home as a tar stream, out of and into the sandbox. `tar` runs inside the isolation, so links that
 * a program puts in its way cannot lead outside.
 */
import type { Duplex } from 'node:stream'
import { ApiError } from '@/lib/process-api/errors'
import { sendEmpty } from '../../http/reply'
import type { Handler } from '../../http/router'
import { sendUnbuffered } from '../../http/streaming'
import { sandboxMark } from '../../linux/process-table'
import { sendSignal } from '../../linux/signals'
import { homeFailureTrailer, packArguments, TarErrors, unpackArguments } from '../../state/home-archive'
import { startChild } from '../process/child'
import type { ToolboxServices } from '../services/services'

/** `GET`: the status is sent before the copy, so a failure is reported in a trailer. */
export function sendHome(services: ToolboxServices): Handler {
  return async ({ response }) => {
    const tar = await startTar(services, packArguments(services.config.homeDir), 'stdout')
    sendUnbuffered(response)
    response.writeHead(200, { 'content-type': 'application/x-tar', trailer: homeFailureTrailer })
    response.once('close', tar.kill)
    tar.stream.pipe(response, { end: false })
    const failure = await tar.failure
    if (failure !== null) response.addTrailers({ [homeFailureTrailer]: encodeURIComponent(failure) })
    response.end()
  }
}

/** `PUT`: existing files that are not in the stream stay. */
export function receiveHome(services: ToolboxServices): Handler {
  return async ({ request, response }) => {
    const query = new URLSearchParams(request.url?.split('?')[1])
    const options = { foldersLast: query.has('foldersLast'), attributes: query.has('attributes') }
    const tar = await startTar(services, unpackArguments(services.config.homeDir, options), 'stdin')
    // If tar exits early, discard the rest: tar's own error says more than the broken pipe.
    tar.stream.on('error', () => request.resume())
    request.pipe(tar.stream)
    // A truncated stream must not look complete.
    request.once('error', tar.kill)
    const failure = await tar.failure
    if (failure !== null) throw new ApiError('UNPROCESSABLE_ENTITY', failure)
    sendEmpty(response, 204)
  }
}

interface RunningTar {
  /** The standard input or output of tar. */
  stream: Duplex
  kill(): void
  /** Resolves with null, or with one sentence on what tar could not do, after its output was read. */
  failure: Promise<string | null>
}

async function startTar(
  services: ToolboxServices,
  args: readonly string[],
  used: 'stdin' | 'stdout',
): Promise<RunningTar> {
  const { homeDir, basePath, sandboxId } = services.config
  const errors = new TarErrors()
  const stderr = await services.pipes.output((bytes) => errors.add(bytes))
  try {
    const { pid, exited, sockets } = await startChild(services.starter, {
      file: 'tar',
      args,
      cwd: homeDir,
      // Use the system's tar, not a program of that name in the sandbox, and none of the sandbox's variables:
      // TAR_OPTIONS can leave files out.
      env: {
        PATH: `/usr/bin:/bin:${basePath}`,
        HOME: homeDir,
        LC_ALL: 'C.UTF-8',
        [sandboxMark]: sandboxId,
      },
      stdin: used === 'stdin' ? 'socket' : null,
      stdout: used === 'stdout' ? 'socket' : null,
      stderr: stderr.stream,
    })
    stderr.closeWriteEnd()
    const [stream] = sockets
    if (!stream) throw new Error('tar got no stream')
    const read = used === 'stdout' ? new Promise((resolve) => stream.once('close', resolve)) : null
    const failure = Promise.all([exited, stderr.ended, read]).then(([end]) => errors.explain(end))
    return { stream, kill: () => void sendSignal([pid], 'SIGKILL'), failure }
  } catch (error) {
    stderr.destroy()
    throw error
  }
}
