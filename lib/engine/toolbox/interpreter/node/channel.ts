/** Messages to the toolbox. Writes block until there is room; `settle` blocks until the toolbox has processed them. */
import { writeSync } from 'node:fs'
import type { WorkerMessage } from '../worker-messages'
import { protect } from './protection'
import { channelOut, shared } from './shared'

type Unnumbered<Message> = Message extends { seq: number } ? Omit<Message, 'seq'> : never

export class Channel {
  private sequence = 0

  constructor(private readonly memory: Int32Array) {}

  send(message: WorkerMessage): void {
    protect(() => {
      const body = Buffer.from(JSON.stringify(message))
      const frame = Buffer.allocUnsafe(4 + body.length)
      frame.writeUInt32LE(body.length)
      body.copy(frame, 4)
      writeAll(channelOut, frame)
    })
  }

  /** Send a message that the toolbox acknowledges once it has processed it. */
  sendCounted(message: Unnumbered<WorkerMessage>): void {
    protect(() => {
      this.sequence += 1
      this.send({ ...message, seq: this.sequence } as WorkerMessage)
    })
  }

  /** Wait until the toolbox has processed all counted messages. */
  settle(): void {
    protect(() => {
      for (;;) {
        const acknowledged = Atomics.load(this.memory, shared.acknowledged)
        if (acknowledged >= this.sequence) return
        Atomics.wait(this.memory, shared.acknowledged, acknowledged)
      }
    })
  }

  /** Make the toolbox read everything that is in the pipes of the run now. */
  barrier(): void {
    protect(() => {
      this.sendCounted({ op: 'sync' })
      this.settle()
    })
  }
}

export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
}
