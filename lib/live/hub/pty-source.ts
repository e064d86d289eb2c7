/**
 * Connects a channel to a terminal of a target. A target with the extension sends the screen first and again after each
 * reconnect; on others the terminal shows what is printed from now on, and the console itself keeps one owner of the size.
 */
import { log } from '@/lib/log/log'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { type PtyControl, ptyControlSchema, ptyServerMessageSchema } from '@/lib/process-api/pty'
import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { parseJson } from './parse-json'
import type { PtyEnd, PtyListener, PtySourceLike } from './pty-channel'
import type { PlainSize, PtyAddress, PtyRegistry } from './pty-registry'
import type { PtyLine, PtyWriter } from './pty-writer'
import { connectionLost } from './source-readers'
import { isPermanent, problemOf, TargetRetry } from './target-retry'
import { TargetSocket, type TargetSocketListener } from './target-socket'

/** Input on its way when the tab closes the terminal gets this much time to arrive. */
const drainTimeoutMs = 15_000
/** Typing counts as activity of the sandbox, reported at most this often. */
const activityIntervalMs = 30_000
const exitControl = 'X-Daytona-Pty-Exit-Control'

export interface PtySourceOptions {
  address: PtyAddress
  /** The name under which the tab may own the size. */
  clientName: string
  writer: PtyWriter
  registry: PtyRegistry
  /** The current client of the target; requested before each attempt. */
  client: (target: string) => ProcessApiClient
  listener: PtyListener
}

export class PtySource implements PtySourceLike {
  private readonly abort = new AbortController()
  private readonly retry = new TargetRetry()
  private readonly plainSize: { readonly client: string; resized(size: PlainSize): void }
  private socket: TargetSocket | null = null
  private line: PtyLine | null = null
  private exit: PtyEnd | null = null
  private isExtended = false
  private isPaused = false
  private activityAt = Number.NEGATIVE_INFINITY

  constructor(private readonly options: PtySourceOptions) {
    this.plainSize = { client: options.clientName, resized: (size) => options.listener.sized(size) }
    void this.connect()
  }

  input(n: number, data: Uint8Array): void {
    this.options.writer.accept(n, data)
    this.reportActivity()
  }

  resize(cols: number, rows: number, take: boolean): void {
    if (!this.line) return
    if (this.isExtended) this.socket?.send(JSON.stringify({ type: take ? 'take-size' : 'resize', cols, rows }))
    else void this.resizePlain(cols, rows, take)
  }

  pause(): void {
    this.isPaused = true
    this.socket?.pause()
  }

  resume(): void {
    this.isPaused = false
    this.socket?.resume()
  }

  close(): void {
    const { address, registry, writer } = this.options
    this.abort.abort()
    this.retry.cancel()
    registry.leave(address, this.plainSize)
    const { socket, line } = this
    if (!socket) return
    // Confirmations are not read from a paused socket.
    socket.resume()
    void (line ? writer.whenIdle(drainTimeoutMs) : Promise.resolve()).then(() => {
      socket.close()
      if (line) writer.disconnected(line)
    })
  }

  private async connect(): Promise<void> {
    const { address, clientName } = this.options
    const { target, sandboxId, ptyId } = address
    try {
      const client = this.options.client(target)
      const capabilities = await capabilitiesOf(target, client, sandboxId)
      this.isExtended = capabilities?.extensions.pty !== undefined
      const toolboxUrl = await client.toolboxUrlOf(sandboxId, { signal: this.abort.signal })
      const url = `${toolboxUrl}/process/pty/${ptyId}/connect`
      if (this.isExtended) {
        if (this.isClosed) return
        const query = new URLSearchParams({ snapshot: '1', client: clientName })
        this.dial(client, `${url}?${query}`, this.extendedReader(), [exitControl])
      } else {
        const call = { sandboxId, id: ptyId }
        const { cols, rows } = await client.call(ptyOperations.getPty, call, { signal: this.abort.signal })
        if (this.isClosed) return
        this.dial(client, url, this.plainReader({ cols, rows }), [])
      }
    } catch (error) {
      if (!this.isClosed) this.handleLoss(error)
    }
  }

  private dial(
    client: ProcessApiClient,
    url: string,
    reader: Pick<TargetSocketListener, 'text' | 'bytes'>,
    protocols: readonly string[],
  ): void {
    let line: PtyLine | null = null
    const { writer } = this.options
    const listener: TargetSocketListener = {
      text: (text) => {
        if (!this.isClosed) reader.text?.(text)
      },
      bytes: (bytes) => {
        if (!this.isClosed) reader.bytes?.(bytes)
      },
      opened: () => {
        this.retry.connected()
        if (this.isPaused) socket.pause()
        line = {
          write: (data) => socket.send(data),
          confirm: (n) => socket.ping(`input ${n}`),
        }
      },
      pong: (text) => {
        const n = Number(/^input (\d+)$/.exec(text)?.[1])
        if (line && Number.isSafeInteger(n)) writer.confirmed(line, n)
      },
      closed: (code, error, reason) => {
        this.exit ??= exitOf(code, reason)
        if (this.exit) writer.ended()
        if (line) writer.disconnected(line)
        this.socket = null
        this.line = null
        if (this.isClosed) return
        if (this.exit) this.options.listener.ended(this.exit)
        else this.handleLoss(error ?? connectionLost())
      },
    }
    const socket = new TargetSocket(url, client.endpoint.apiKey, listener, protocols)
    this.socket = socket
    this.onConnected = () => {
      if (!line) return
      this.line = line
      this.options.listener.opened(writer.received)
      writer.connected(line)
    }
  }

  /** Called when the target confirms the connection. */
  private onConnected: () => void = () => undefined

  /** Reads the extension: the screen, then output with offsets and changes of the size. */
  private extendedReader(): Pick<TargetSocketListener, 'text' | 'bytes'> {
    const { listener } = this.options
    return {
      bytes: (frame) => {
        const { stream, offset, wallMs, data } = decodeJournalFrame(frame)
        listener.chunk({ stream, offset, wallMs, data, frame })
      },
      text: (text) => {
        const json = parseJson(text)
        const control = ptyControlSchema.safeParse(json)
        if (control.success) {
          this.handleControl(control.data)
          return
        }
        const message = ptyServerMessageSchema.safeParse(json)
        if (!message.success || message.data.type === 'refused') return
        if (message.data.type === 'size') {
          listener.sized(message.data)
        } else {
          const { offset, cols, rows, sizeOwner, skipped, data } = message.data
          listener.screen({ offset, cols, rows, sizeOwner, skipped, data })
        }
      },
    }
  }

  /** Reads the protocol's own stream: output without offsets, from now on. */
  private plainReader(known: { cols: number; rows: number }): Pick<TargetSocketListener, 'text' | 'bytes'> {
    const { address, registry, listener } = this.options
    let offset = 0
    const deliver = (data: Buffer) => {
      listener.chunk({ stream: 'stdout', offset, wallMs: null, data })
      offset += data.byteLength
    }
    return {
      bytes: deliver,
      text: (text) => {
        const control = ptyControlSchema.safeParse(parseJson(text))
        if (!control.success) {
          deliver(Buffer.from(text))
          return
        }
        this.handleControl(control.data)
        if (control.data.status !== 'connected') return
        const size = registry.shareSize(address, known, this.plainSize)
        listener.screen({ offset, ...size, skipped: 0, data: null })
      },
    }
  }

  private handleControl(control: PtyControl): void {
    if (control.status === 'connected') {
      this.onConnected()
    } else if (control.status === 'exited') {
      const { exitCode, exitReason = null, message = null } = control
      this.exit = { exitCode, reason: exitReason, message }
    } else {
      this.closeSocket()
      this.options.listener.failed(
        /not found|terminated/.test(control.error)
          ? { code: 'NOT_FOUND', message: 'This terminal no longer exists.' }
          : { code: 'INTERNAL_SERVER_ERROR', message: control.error },
      )
    }
  }

  private async resizePlain(cols: number, rows: number, take: boolean): Promise<void> {
    const { address, clientName, registry, client } = this.options
    const { target, sandboxId, ptyId } = address
    if (!take && !registry.maySetSize(address, clientName)) return
    try {
      const call = { sandboxId, id: ptyId, body: { cols, rows } }
      await client(target).call(ptyOperations.resizePty, call, { signal: this.abort.signal })
      if (!this.isClosed) registry.setSize(address, { cols, rows, sizeOwner: clientName })
    } catch (error) {
      // The terminal keeps its size, and the stream reports a terminal that has ended.
      if (!this.isClosed) log.warn({ err: error }, 'A terminal could not be resized')
    }
  }

  private reportActivity(): void {
    const now = performance.now()
    if (now - this.activityAt < activityIntervalMs) return
    this.activityAt = now
    const { target, sandboxId } = this.options.address
    // The input itself is what matters; a target without this route counts the connection instead.
    Promise.resolve()
      .then(() => this.options.client(target).call(sandboxOperations.noteSandboxActivity, { id: sandboxId }))
      .catch(() => undefined)
  }

  private handleLoss(error: unknown): void {
    const problem = problemOf(error, 'A terminal cannot be shown')
    if (isPermanent(error)) this.options.listener.failed(problem)
    else
      this.options.listener.away(
        this.retry.schedule(() => void this.connect()),
        problem.message,
      )
  }

  private closeSocket(): void {
    this.socket?.close()
    if (this.line) this.options.writer.disconnected(this.line)
    this.socket = null
    this.line = null
  }

  private get isClosed(): boolean {
    return this.abort.signal.aborted
  }
}

/** The exit in the reason of a close frame; null where the connection was lost instead. */
function exitOf(code: number, reason: string): PtyEnd | null {
  const value = parseJson(reason)
  if (typeof value === 'object' && value !== null && 'exitCode' in value && typeof value.exitCode === 'number') {
    const exitReason = 'exitReason' in value && typeof value.exitReason === 'string' ? value.exitReason : null
    return { exitCode: value.exitCode, reason: exitReason, message: null }
  }
  return code === 1000 ? { exitCode: 0, reason: null, message: null } : null
}
