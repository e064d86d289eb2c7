/** Input for a command whose stdin is not open yet, because it is queued or just being passed to the shell. */
import { inputRefusal, maxInputQueueBytes } from '../process/input-pipe'

export class WaitingInput {
  private readonly chunks: Buffer[] = []
  private bytes = 0
  private ended = false

  /** True when end-of-file was asked for: nothing can be added. */
  get isEnded(): boolean {
    return this.ended
  }

  /** Throws an `ApiError` with the numbers where it would be too much; nothing is kept then. */
  add(data: Buffer, eof: boolean): void {
    if (this.bytes + data.length > maxInputQueueBytes) {
      throw inputRefusal('command', this.bytes, data.length)
    }
    if (data.length > 0) this.chunks.push(data)
    this.bytes += data.length
    this.ended = eof
  }

  /** Hand on what came, in order. */
  deliver(write: (data: Buffer) => void, end: () => void): void {
    for (const chunk of this.chunks) write(chunk)
    if (this.ended) end()
  }
}
