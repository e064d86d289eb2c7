/**
 * The stdout and stderr of one command of a session: two pipes that the running shell opens by name. The output is
 * complete when no process holds the pipes any more, or, where something that the command left behind still holds
 * them, after a short drain; what comes later is delivered all the same.
 */
import type { JournalStream } from '@/lib/process-api/extensions'
import { drain } from '../process/drain'
import type { FifoPool } from '../process/fifo-pool'
import type { OutputPipe } from '../process/output-pipe'

/** `bytes` are valid during the call only. */
export type OutputListener = (stream: JournalStream, bytes: Uint8Array) => void

interface Named {
  name: string
  pipe: OutputPipe
}

export class CommandOutput {
  /** Resolves when no process can write any more and every byte was delivered. */
  readonly closed: Promise<void>

  private constructor(
    pool: FifoPool,
    private readonly stdout: Named,
    private readonly stderr: Named,
  ) {
    this.closed = Promise.all([stdout, stderr].map(({ name, pipe }) => pipe.ended.then(() => pool.recycle(name)))).then(
      () => undefined,
    )
  }

  static async open(pool: FifoPool, onOutput: OutputListener): Promise<CommandOutput> {
    const stdout = await pool.namedOutput((bytes) => onOutput('stdout', bytes))
    try {
      return new CommandOutput(pool, stdout, await pool.namedOutput((bytes) => onOutput('stderr', bytes)))
    } catch (error) {
      stdout.pipe.destroy()
      pool.discard(stdout.name)
      throw error
    }
  }

  get stdoutName(): string {
    return this.stdout.name
  }

  get stderrName(): string {
    return this.stderr.name
  }

  get isClosed(): boolean {
    return this.stdout.pipe.isEnded && this.stderr.pipe.isEnded
  }

  /** Deliver what the pipes hold now. */
  readNow(): void {
    for (const { pipe } of [this.stdout, this.stderr]) pipe.readNow()
  }

  /** The command has ended: resolves when its own output has been delivered. */
  drained(): Promise<void> {
    const both = [this.stdout.pipe, this.stderr.pipe]
    for (const pipe of both) pipe.closeWriteEnd()
    return drain(both)
  }

  /** Close pipes that no process knows. */
  abandon(): void {
    this.stdout.pipe.destroy()
    this.stderr.pipe.destroy()
  }
}
