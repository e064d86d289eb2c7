/**
 * The pipes of a run. While the run is active they are also descriptors 1 and 2, so that the output of children and
 * native addons belongs to it. Callbacks that print after its end still use its own pipes.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { type Channel, writeAll } from './channel'
import { haveChildrenStarted } from './children'

export type StreamIndex = 0 | 1

/** Pipes of ended runs stay open for their callbacks. Beyond this number the oldest are closed. */
const maxOpenPipes = 16
/** A child needs longer than this to start and print. */
const quietMs = 1

export class RunPipes {
  /** Bytes that the toolbox may not have read yet, for each stream. */
  private readonly unread: [boolean, boolean] = [false, false]
  private lastWriteAt = performance.now()
  isOpen = true

  private constructor(private readonly descriptors: readonly [number, number]) {
    kept.push(this)
    while (kept.length > maxOpenPipes) kept[0]?.close()
  }

  /** Open the pipes by name, and again as descriptors 1 and 2, whose flags children may change. */
  static open(out: string, err: string): RunPipes {
    occupyStandardDescriptors()
    const pipes = new RunPipes([openSync(out, constants.O_WRONLY), openSync(err, constants.O_WRONLY)])
    becomeDescriptor(1, out)
    becomeDescriptor(2, err)
    return pipes
  }

  /** Close the pipes once `owner` is garbage-collected, when nothing can print to them any more. */
  static closeWith(owner: object, pipes: RunPipes): void {
    unreachable.register(owner, pipes)
  }

  /** False once the pipes are closed. */
  write(stream: StreamIndex, bytes: Uint8Array): boolean {
    if (!this.isOpen) return false
    this.unread[stream] = true
    try {
      writeAll(this.descriptors[stream], bytes)
    } catch (error) {
      // The toolbox has abandoned the run and reads no more.
      if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
    }
    this.lastWriteAt = performance.now()
    return true
  }

  /** Keep the order before a write to one stream: earlier writes to the other one, and all messages, come first. */
  keepOrder(stream: StreamIndex, channel: Channel): void {
    const other = stream === 0 ? 1 : 0
    const mayHavePrinted = haveChildrenStarted() && performance.now() - this.lastWriteAt > quietMs
    if (this.unread[other] || mayHavePrinted) {
      channel.barrier()
      this.unread.fill(false)
    } else {
      channel.settle()
    }
  }

  close(): void {
    const at = kept.indexOf(this)
    if (at >= 0) kept.splice(at, 1)
    if (!this.isOpen) return
    this.isOpen = false
    for (const descriptor of this.descriptors) closeSync(descriptor)
  }
}

const kept: RunPipes[] = []
const unreachable = new FinalizationRegistry<RunPipes>((pipes) => pipes.close())

/** The code may have closed some; the next opened file would get their number, and children would inherit it. */
function occupyStandardDescriptors(): void {
  for (;;) {
    const opened = openSync('/dev/null', constants.O_RDWR)
    if (opened <= 2) continue
    closeSync(opened)
    return
  }
}

/**
 * Open a pipe as a descriptor that is in use. Node has no dup2, but a new file gets the lowest free descriptor: the
 * one just closed. Only another thread could take it first, and would then keep it.
 */
function becomeDescriptor(descriptor: 1 | 2, name: string): void {
  try {
    closeSync(descriptor)
  } catch (error) {
    // The code has closed it already.
    if (!(error instanceof Error && 'code' in error && error.code === 'EBADF')) throw error
  }
  const opened = openSync(name, constants.O_WRONLY)
  if (opened !== descriptor) closeSync(opened)
}
