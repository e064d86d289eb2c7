/** `process.stdout`, `process.stderr` and the console: each byte goes to the run that printed it, unbuffered. */
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { Channel } from './channel'
import type { StreamIndex } from './pipes'
import { currentRun, ownRun, type Run } from './run'

type WriteCallback = (error?: Error | null) => void

/** Write to a run, or to the current one if the run's own pipes are closed. */
export function writeTo(run: Run | null, stream: StreamIndex, bytes: Uint8Array, channel: Channel): void {
  const current = currentRun()
  const target = run?.pipes.isOpen ? run : current
  if (!target) return
  if (target === current) target.pipes.keepOrder(stream, channel)
  target.pipes.write(stream, bytes)
}

/**
 * A stream without buffer or state: an interrupt may come in the middle of a write, and must not leave it waiting for
 * the end of that write. It cannot be ended, as in any program.
 */
class OutputStream extends Writable {
  readonly fd: number

  constructor(
    private readonly index: StreamIndex,
    private readonly channel: Channel,
  ) {
    super({ decodeStrings: false })
    this.fd = index + 1
  }

  override write(chunk: unknown, encoding?: BufferEncoding | WriteCallback | null, callback?: WriteCallback): boolean {
    const done = typeof encoding === 'function' ? encoding : callback
    writeTo(ownRun(), this.index, bytesOf(chunk, typeof encoding === 'string' ? encoding : 'utf8'), this.channel)
    if (done) process.nextTick(done, null)
    return true
  }

  override end(chunk?: unknown, encoding?: BufferEncoding | (() => void), callback?: () => void): this {
    const done = [chunk, encoding, callback].find((it) => typeof it === 'function') as (() => void) | undefined
    if (chunk != null && typeof chunk !== 'function') this.write(chunk, typeof encoding === 'string' ? encoding : null)
    if (done) process.nextTick(done)
    return this
  }

  override cork(): void {}
  override uncork(): void {}
  override destroy(): this {
    return this
  }
}

function bytesOf(chunk: unknown, encoding: BufferEncoding): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding)
  if (chunk instanceof Uint8Array) return chunk
  const message = 'The "chunk" argument must be of type string or an instance of Buffer or Uint8Array.'
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' })
}

/** Replace the standard streams before anything uses them, and the console's methods with plain ones. */
export function replaceOutput(channel: Channel): void {
  const stdout = new OutputStream(0, channel)
  const stderr = new OutputStream(1, channel)
  for (const [name, value] of Object.entries({ stdout, stderr })) {
    Object.defineProperty(process, name, { value, configurable: true, enumerable: true, writable: true })
  }
  // The global console also reports each call to the inspector, which makes it four times as slow.
  const plain = new Console(stdout, stderr)
  for (const [name, method] of Object.entries(plain)) {
    if (typeof method === 'function') Object.assign(console, { [name]: method })
  }
}
