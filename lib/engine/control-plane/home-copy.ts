/** Copies of a sandbox's home: taken from a sandbox that runs or does not, kept as tar files, put into a new one. */
import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { ApiError, errorEnvelope } from '@/lib/process-api/errors'
import { explainTar, homeFailureTrailer, packArguments } from '../toolbox/internal/home-archive'
import { forSpawn } from '../toolbox/process/environment'
import { cannotSave } from './sandbox-store'
import type { ToolboxLink } from './toolbox-link'

const route = '/internal/home'
const writing = { flags: 'wx', mode: 0o600 }

/** Copy the home of a sandbox that runs, by its toolbox. Nothing is left of a file that could not be written whole. */
export function copyRunningHome(link: ToolboxLink, file: string, signal: AbortSignal): Promise<void> {
  return whole(file, signal, async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ ...link.options, method: 'GET', path: route, signal }, resolve)
        .on('error', reject)
        .end()
    })
    if (response.statusCode !== 200) throw await refusal(response)
    await pipeline(response, createWriteStream(file, writing))
    const failure = response.trailers[homeFailureTrailer]
    if (failure !== undefined) throw incomplete(decodeURIComponent(failure))
  })
}

/** Copy the home of a sandbox in which nothing runs: its links stay what they are while they are read. */
export function copyStoppedHome(home: string, file: string, signal: AbortSignal): Promise<void> {
  return whole(file, signal, async () => {
    const tar = spawn('tar', packArguments(home), {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: forSpawn({ PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' }),
      signal,
      killSignal: 'SIGKILL',
    })
    const explained = explainTar(tar)
    // Written here and not by tar, which has no word for a full disk.
    await pipeline(tar.stdout, createWriteStream(file, writing))
    const failure = await explained
    if (failure !== null) throw incomplete(failure)
  })
}

/** Put a copy into the home of a sandbox that has just been started, by its toolbox. */
export async function unpackHome(link: ToolboxLink, file: string, signal: AbortSignal): Promise<void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ ...link.options, method: 'PUT', path: route, signal }, resolve)
    request.on('error', reject)
    pipeline(createReadStream(file), request).catch(reject)
  })
  if (response.statusCode !== 204) throw await refusal(response)
  response.resume()
}

async function whole(file: string, signal: AbortSignal, write: () => Promise<void>): Promise<void> {
  try {
    await write()
    const written = await open(file, 'r')
    await written.sync().finally(() => written.close())
  } catch (error) {
    await rm(file, { force: true })
    signal.throwIfAborted()
    if (error instanceof ApiError) throw error
    throw isDiskFailure(error) ? cannotSave(error) : incomplete(error instanceof Error ? error.message : String(error))
  }
}

function isDiskFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes(String(error.code))
}

function incomplete(reason: string): ApiError {
  return new ApiError('UNPROCESSABLE_ENTITY', `the files of the sandbox could not all be copied: ${reason}`)
}

async function refusal(response: IncomingMessage): Promise<Error> {
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  const parsed = errorEnvelope.safeParse(JSON.parse(text))
  return new Error(parsed.success ? parsed.data.message : `the toolbox answered with status ${response.statusCode}`)
}
