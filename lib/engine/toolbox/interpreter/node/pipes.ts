/**
 * The pipes of a run. While it is under way they are descriptors 1 and 2 as well, so that whatever prints (a child, a
 * native addon) prints into it. What its callbacks print after its end still goes to its own pipes.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { type Channel, writeAll } from './channel'
import { haveChildrenRun } from './children'

export type StreamIndex = 0 | 1

/** Pipes of runs that are over, kept because a callback of theirs might print. Beyond so many the oldest are closed. */
const keptPipes = 16
/** A child that prints needs longer to start. */
const quietMs = 1

export class RunPipes {
  /** Bytes that the toolbox may not have read yet, by stream. */
  private readonly unread: [boolean, boolean] = [false, false]
  private lastWriteAt = performance.now()
  isOpen = true

  private constructor(private readonly descriptors: readonly [number, number]) {
    kept.push(this)
    while (kept.length > keptPipes) kept[0]?.close()
  }

  /** Open the pipes by their names, a second time as descriptors 1 and 2: children may change how those behave. */
  static open(out: string, err: string): RunPipes {
    occupyStandardDescriptors()
    const pipes = new RunPipes([openSync(out, constants.O_WRONLY), openSync(err, constants.O_WRONLY)])
    becomeDescriptor(1, out)
    becomeDescriptor(2, err)
    return pipes
  }

  /** Close the pipes once nothing holds `owner` any more, so that nothing can print to them. */
  static closeWith(owner: object, pipes: RunPipes): void {
    unreachable.register(owner, pipes)
  }

  /** False where the pipes are closed. */
  write(stream: StreamIndex, bytes: Uint8Array): boolean {
    if (!this.isOpen) return false
    this.unread[stream] = true
    try {
      writeAll(this.descriptors[stream], bytes)
    } catch (error) {
      // Nobody reads any more: the toolbox has given the run up.
      if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
    }
    this.lastWriteAt = performance.now()
    return true
  }

  /** Before a write to one stream: what was written to the other one, and every message, comes before it. */
  keepOrder(stream: StreamIndex, channel: Channel): void {
    const other = stream === 0 ? 1 : 0
    const mayHavePrinted = haveChildrenRun() && performance.now() - this.lastWriteAt > quietMs
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

/** The code may have closed some; what is opened next would take their place, and children would find it there. */
function occupyStandardDescriptors(): void {
  for (;;) {
    const opened = openSync('/dev/null', constants.O_RDWR)
    if (opened <= 2) continue
    closeSync(opened)
    return
  }
}

/**
 * Open a pipe as a descriptor that is taken. Node has no dup2, but a descriptor that was closed is the next to be given
 * out. Only another thread could come between, with a file of its own, which then keeps it.
 */
function becomeDescriptor(descriptor: 1 | 2, name: string): void {
  try {
    closeSync(descriptor)
  } catch (error) {
    // The code has closed it before.
    if (!(error instanceof Error && 'code' in error && error.code === 'EBADF')) throw error
  }
  const opened = openSync(name, constants.O_WRONLY)
  if (opened !== descriptor) closeSync(opened)
}
