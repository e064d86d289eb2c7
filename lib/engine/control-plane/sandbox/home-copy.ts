/** Copies of a sandbox's home: saved as tar files and unpacked into new sandboxes, with progress reports. */
import { execFile, spawn } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip, createGzip } from 'node:zlib'
import { ApiError, errorEnvelopeSchema } from '@/lib/process-api/errors'
import { explainTar, homeFailureTrailer, packArguments } from '../../state/home-archive'
import { ownerCommand, ownerEnvironment } from '../disk/owner-command'
import { storageError } from './sandbox-store'
import type { ToolboxLink } from './toolbox-link'

const run = promisify(execFile)
const route = '/internal/home'
const probeTimeoutMs = 5_000
const writeOptions = { flags: 'wx', mode: 0o600 }
/** Bytes of a path from the home, with `./`, that Linux accepts, and with it tar when it unpacks a copy. */
const maxPathLength = 4_095
/** KiB of address space for tar. It runs outside the limits of the sandbox whose files it reads. */
const maxTarMemory = 1024 * 1024

/** The files of a copy could not be unpacked: tar reported an error. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError'
}

export interface CopyOptions {
  readonly signal: AbortSignal
  /** Called with the size of each chunk. */
  onBytes(bytes: number): void
  /** The file is compressed and also has extended attributes and exact times, where tar supports them. */
  readonly archived?: boolean
}

/**
 * Copy a home into a new archive; sparse files, links and modes are preserved. An incomplete file is removed.
 * @param link to the toolbox of a running sandbox; null when stopped
 */
export async function copyHome(
  home: string,
  link: ToolboxLink | null,
  file: string,
  copying: CopyOptions,
): Promise<void> {
  // Only GNU tar opens each name relative to its folder and refuses links there. Other versions must run inside the
  // sandbox, where a link that appears meanwhile cannot lead out of it.
  const isGnu = await hasGnuTar()
  if (link && !isGnu) await copyFromInside(link, file, copying)
  else await copyFromOutside(home, file, copying, isGnu)
}

/**
 * Unpack a copy into the home of a sandbox that has just started, through its toolbox. Rejects with an `UnpackError` when
 * tar could not unpack everything.
 * @param attributes restore extended attributes, where tar supports them
 */
export async function unpackHome(
  link: ToolboxLink,
  file: string,
  { signal, onBytes, archived = false }: CopyOptions,
  attributes = false,
): Promise<void> {
  const path = (await hasGnuTar()) ? `${route}?foldersLast${attributes ? '&attributes' : ''}` : route
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ ...link.options, method: 'PUT', path, signal }, resolve)
    request.on('error', reject)
    pipeline([createReadStream(file), counter(onBytes), ...(archived ? [createGunzip()] : []), request]).catch(reject)
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
  if (response.statusCode !== 204) throw await errorOf(response)
  response.resume()
}

function copyFromInside(link: ToolboxLink, file: string, { signal, onBytes }: CopyOptions): Promise<void> {
  return writeWhole(file, signal, async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ ...link.options, method: 'GET', path: route, signal }, resolve)
        .on('error', reject)
        .end()
    })
    if (response.statusCode !== 200) throw await errorOf(response)
    await pipeline(response, counter(onBytes), createWriteStream(file, writeOptions))
    const failure = response.trailers[homeFailureTrailer]
    if (failure !== undefined) throw incomplete(decodeURIComponent(failure))
  })
}

function copyFromOutside(
  home: string,
  file: string,
  { signal, onBytes, archived = false }: CopyOptions,
  isGnu: boolean,
): Promise<void> {
  return writeWhole(file, signal, async () => {
    await requireShortPaths(home, signal)
    const [program, ...args] = await ownerCommand([
      ...['sh', '-c', `ulimit -v ${maxTarMemory} 2>/dev/null; exec tar "$@"`, 'tar'],
      ...packArguments(home, { sparse: isGnu, attributes: isGnu && archived }),
    ])
    const tar = spawn(program, args, {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ownerEnvironment,
      signal,
      killSignal: 'SIGKILL',
    })
    // The files are deleted once they are archived, so the archive must have what they are then.
    const explained = explainTar(tar, archived)
    // Node writes the file instead of tar, which does not report a full disk.
    await pipeline([
      tar.stdout as Readable,
      counter(onBytes),
      ...(archived ? [createGzip()] : []),
      createWriteStream(file, writeOptions),
    ])
    const failure = await explained
    if (failure !== null) throw incomplete(failure)
  })
}

/**
 * Refuse a home with a path that no copy could be unpacked to. Programs reach such files by changing the folder step by
 * step. tar would also need gigabytes for folders that are nested thousands of times.
 */
async function requireShortPaths(home: string, signal: AbortSignal): Promise<void> {
  const tooLong = '?'.repeat(Buffer.byteLength(`${home}/`) + maxPathLength - 1)
  const [program, ...args] = await ownerCommand(['find', home, '-path', `${tooLong}*`, '-print', '-quit'])
  const options = { env: { ...ownerEnvironment, LC_ALL: 'C' }, signal, killSignal: 'SIGKILL' } as const
  // Programs change the files meanwhile. What cannot be read here is reported by tar.
  const { stdout, stderr } = await run(program, args, options).catch(
    (error: { stdout?: string; stderr?: string }) => error,
  )
  if (!stdout && !stderr?.includes('File name too long')) return
  throw incomplete(
    `a path in them is longer than ${maxPathLength - 2} bytes; remove it or give its folders shorter names`,
  )
}

let gnuTar: Promise<boolean> | null = null

function hasGnuTar(): Promise<boolean> {
  gnuTar ??= run('tar', ['--version'], { env: ownerEnvironment, timeout: probeTimeoutMs }).then(
    ({ stdout }) => stdout.includes('GNU tar'),
    () => false,
  )
  return gnuTar
}

function counter(onBytes: CopyOptions['onBytes']): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
}

async function writeWhole(file: string, signal: AbortSignal, write: () => Promise<void>): Promise<void> {
  try {
    await write()
    const written = await open(file, 'r')
    await written.sync().finally(() => written.close())
  } catch (error) {
    await rm(file, { force: true })
    signal.throwIfAborted()
    if (error instanceof ApiError) throw error
    throw isDiskFailure(error)
      ? storageError(error)
      : incomplete(error instanceof Error ? error.message : String(error))
  }
}

function isDiskFailure(error: unknown): boolean {
  const codes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EFBIG']
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function incomplete(reason: string): ApiError {
  return new ApiError('UNPROCESSABLE_ENTITY', `the files of the sandbox could not all be copied: ${reason}`)
}

async function errorOf(response: IncomingMessage): Promise<UnpackError> {
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  const parsed = errorEnvelopeSchema.safeParse(JSON.parse(text))
  return new UnpackError(parsed.success ? parsed.data.message : `the toolbox returned status ${response.statusCode}`)
}
