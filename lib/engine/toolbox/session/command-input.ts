/** The open stdin of one command: a pipe that the running shell opens by name. */
import type { FifoPool } from '../process/fifo-pool'
import type { InputPipe } from '../process/input-pipe'
import type { InputChannel } from '../process/input-wait/input-channel'

export class CommandInput {
  private isOpened = false
  /** The shell has opened it once, so that end-of-file can be sent. */
  private canEnd = false
  private ending = false
  private hold: { reader: () => void; writer: () => void } | null = null

  private constructor(
    private readonly pool: FifoPool,
    readonly name: string,
    private readonly pipe: InputPipe,
  ) {}

  /** @param onClose called once, when nothing can be written any more */
  static async open(pool: FifoPool, onClose: () => void): Promise<CommandInput> {
    const { name, pipe } = await pool.namedInput()
    pipe.onClose = onClose
    return new CommandInput(pool, name, pipe)
  }

  get isOpen(): boolean {
    return this.pipe.isOpen && !this.ending
  }

  get channel(): InputChannel {
    return this.pipe.channel
  }

  /** Queue bytes. Never blocks; throws an `ApiError` when too much is pending already or the command does not read. */
  write(bytes: Uint8Array): void {
    this.pipe.write(bytes)
  }

  /** End-of-file after what was written. */
  end(): void {
    this.ending = true
    // Without a writer the shell would wait for one when it opens the pipe.
    if (this.canEnd) this.pipe.end()
  }

  /**
   * The shell is about to open a pipe that it opens several times, once for each part of a command. What was not read
   * stays for the next part, and end-of-file that was sent already does not keep the shell waiting.
   */
  opening(): void {
    this.hold ??= { reader: this.pool.holdNamed(this.name, 'read'), writer: () => {} }
    this.hold.writer = this.pool.holdNamed(this.name, 'write')
  }

  /** The shell has its end open. @param isLast it will not open it again */
  opened(isLast: boolean): void {
    if (this.isOpened) return
    this.canEnd = true
    this.hold?.writer()
    if (isLast) {
      this.isOpened = true
      this.hold?.reader()
      this.pipe.closeReadEnd()
      this.pool.discard(this.name)
    }
    if (this.ending) this.pipe.end()
  }

  /** The command has ended; what it did not read is dropped. */
  destroy(): void {
    this.hold?.writer()
    this.hold?.reader()
    this.pipe.destroy()
    if (!this.isOpened) this.pool.discard(this.name)
  }
}
