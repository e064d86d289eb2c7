/** The pipes of one run. Each run has its own pair, so that processes that it leaves behind still print into that run. */
import type { JournalStream } from '@/lib/process-api/extensions'
import type { FifoPool } from '../process/fifo-pool'
import type { OutputPipe } from '../process/output-pipe'

export type OutputListener = (stream: JournalStream, bytes: Uint8Array) => void

interface NamedPipe {
  name: string
  pipe: OutputPipe
}

export class RunOutput {
  /** Resolves when no process has the pipes open any more and every byte was delivered. */
  readonly closed: Promise<void>

  private constructor(
    pool: FifoPool,
    private readonly stdout: NamedPipe,
    private readonly stderr: NamedPipe,
  ) {
    this.closed = Promise.all([stdout.pipe.ended, stderr.pipe.ended]).then(() => {
      pool.recycle(stdout.name)
      pool.recycle(stderr.name)
    })
  }

  static async open(pool: FifoPool, onOutput: OutputListener): Promise<RunOutput> {
    const stdout = await pool.namedOutput((bytes) => onOutput('stdout', bytes))
    try {
      return new RunOutput(pool, stdout, await pool.namedOutput((bytes) => onOutput('stderr', bytes)))
    } catch (error) {
      stdout.pipe.destroy()
      throw error
    }
  }

  get stdoutPath(): string {
    return this.stdout.name
  }

  get stderrPath(): string {
    return this.stderr.name
  }

  /** The worker has opened the pipes, or never will: close our write ends, so that end-of-file can follow. */
  release(): void {
    this.stdout.pipe.closeWriteEnd()
    this.stderr.pipe.closeWriteEnd()
  }

  /** Deliver everything that is in the pipes. */
  readNow(): void {
    this.stdout.pipe.readNow()
    this.stderr.pipe.readNow()
  }
}
