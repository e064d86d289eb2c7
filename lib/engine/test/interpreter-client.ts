/** A client of the interpreter's sockets, with or without the extensions. */
import { once } from 'node:events'
import type { WebSocket } from 'ws'
import type { InterpreterRun, RunItem } from '@/lib/process-api/interpreter'
import type { ToolboxFixture } from './toolbox-fixture'

export interface Frame {
  type: string
  text: string
  name: string
  value: string
  traceback: string
  run?: InterpreterRun
  item?: RunItem
}

export class InterpreterClient {
  readonly frames: Frame[] = []
  closed: { code: number; reason: string } | null = null

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('the interpreter sends text frames only')
      this.frames.push(JSON.parse(String(data)))
    })
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
  }

  get stdout(): string {
    return this.text('stdout')
  }
  get stderr(): string {
    return this.text('stderr')
  }
  get error(): Frame | undefined {
    return this.frames.find((frame) => frame.type === 'error')
  }
  get control(): string | undefined {
    return this.frames.find((frame) => frame.type === 'control')?.text
  }
  get items(): RunItem[] {
    return this.frames.flatMap((frame) => frame.item ?? [])
  }
  /** The last state of the run that the client received. */
  get run(): InterpreterRun | undefined {
    return this.frames.findLast((frame) => frame.run)?.run
  }
  /** The kinds of frames in order, with the text of output. */
  get order(): string[] {
    return this.frames
      .filter((frame) => frame.type !== 'run')
      .map((frame) => (frame.item ? `item:${frame.item.kind}` : `${frame.type}:${frame.text || frame.name}`))
  }

  async done(): Promise<{ code: number; reason: string }> {
    if (!this.closed) await once(this.socket, 'close')
    if (!this.closed) throw new Error('closed without a code')
    return this.closed
  }

  private text(type: string): string {
    return this.frames
      .filter((frame) => frame.type === type)
      .map((frame) => frame.text)
      .join('')
  }
}

/** Send a request without waiting for the run. */
export async function startRun(
  toolbox: Pick<ToolboxFixture, 'webSocket'>,
  request: unknown,
  options: { extensions?: boolean } = {},
): Promise<InterpreterClient> {
  const client = new InterpreterClient(
    toolbox.webSocket(`/process/interpreter/execute${options.extensions ? '?extensions=1' : ''}`),
  )
  await once(client.socket, 'open')
  client.socket.send(typeof request === 'string' ? request : JSON.stringify(request))
  return client
}

/** Send a request and wait for the close. */
export async function execute(
  toolbox: Pick<ToolboxFixture, 'webSocket'>,
  request: unknown,
  options: { extensions?: boolean } = {},
): Promise<InterpreterClient> {
  const client = await startRun(toolbox, request, options)
  await client.done()
  return client
}
