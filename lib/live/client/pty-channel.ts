/** A terminal that the tab shows: its messages, its credit, and its input across lost connections. */
import type { JournalFrame } from '@/lib/process-api/journal-frame'
import { creditWindow } from '../limits'
import type { ClientMessage, ServerMessage } from '../protocol'
import { JournalCursor } from './journal-cursor'
import { PtyInput } from './pty-input'

/** Ctrl-C. */
const interrupt = 0x03
/** A program prints faster than the page parses when this much waits to be parsed. */
const floodBytes = creditWindow / 4

export interface PtySize {
  cols: number
  rows: number
  /** Name of the client that owns the size; null where nobody does. */
  sizeOwner: string | null
}

export interface PtyScreen extends PtySize {
  /** Restores the screen on an empty terminal; null where the target does not keep it. */
  data: string | null
  skipped: number
}

export interface PtyExit {
  exitCode: number | null
  reason: string | null
  message: string | null
}

/** Handlers of a terminal. The bytes of `data` must be acknowledged by `parsed`, or the credit runs out. */
export interface PtySink {
  /** Connected, for the first time or again. */
  opened(): void
  screen(screen: PtyScreen): void
  data(bytes: Uint8Array): void
  sized(size: PtySize): void
  exited(exit: PtyExit): void
  /** The console has lost the target and retries. */
  away(retryMs: number, message: string): void
  failed(code: string, message: string): void
  /** This input may not have been delivered, and is not sent again. */
  notSent(bytes: Uint8Array): void
  /** Time from sending input until the target has received it, in ms. */
  roundTrip(ms: number): void
}

export interface PtySubscription {
  input(bytes: Uint8Array): void
  /** Set the size, unless another client owns it; with `take`, in any case. */
  resize(cols: number, rows: number, take: boolean): void
  /** The screen has parsed this many bytes. */
  parsed(bytes: number): void
  /** Open the terminal again after `failed`. */
  retry(): void
  close(): void
}

export interface PtyAddress {
  target: string
  sandboxId: string
  ptyId: string
}

/** What the channel needs of the live client. */
export interface PtyTransport {
  isLive(): boolean
  send(message: ClientMessage): void
  /** A new channel number, under which this channel receives messages from now on. */
  renumber(channel: PtyChannel): number
}

type PtyMessage = Extract<ServerMessage, { ch: number | null }>

export class PtyChannel {
  private readonly cursor = new JournalCursor(0)
  private readonly input: PtyInput
  private number: number
  /** The terminal is connected on the present live connection. */
  private isOpen = false
  private hasEnded = false
  private keepsScreen = false
  /** Called once all input was sent; null while the terminal is shown. */
  private onSent: (() => void) | null = null

  constructor(
    private readonly address: PtyAddress,
    private readonly client: string,
    private sink: PtySink,
    private readonly transport: PtyTransport,
    newId: () => string,
  ) {
    this.input = new PtyInput(newId)
    this.number = transport.renumber(this)
  }

  get channel(): number {
    return this.number
  }

  /** Send `open-pty`; called again on each new live connection. */
  open(): void {
    this.isOpen = false
    if (this.hasEnded) return
    this.transport.send({
      t: 'open-pty',
      ch: this.number,
      ...this.address,
      client: this.client,
      writer: this.input.writer,
      credit: this.cursor.openingCredit(),
    })
  }

  /** The live connection is lost. */
  disconnected(): void {
    this.isOpen = false
  }

  type(bytes: Uint8Array): void {
    if (this.hasEnded) {
      this.sink.notSent(bytes)
      return
    }
    this.input.push(bytes)
    this.sendInput()
    // After an interrupt, the flood that is still on its way is of no use: continue with the screen as it is now.
    const isFlooded = this.keepsScreen && this.isOpen && this.cursor.unparsedBytes >= floodBytes
    if (isFlooded && bytes.includes(interrupt)) this.reopen()
  }

  resize(cols: number, rows: number, take: boolean): void {
    if (this.isOpen) this.transport.send({ t: 'pty-resize', ch: this.number, cols, rows, take })
  }

  parsed(bytes: number): void {
    this.cursor.parsed(bytes)
    this.grant()
  }

  retry(): void {
    this.hasEnded = false
    this.reopen()
  }

  /** Show nothing any more, and close the channel as soon as the target has received all input. */
  closeWhenSent(onClosed: () => void): void {
    this.onSent = onClosed
    this.sink = { ...silentSink, data: (bytes) => this.parsed(bytes.byteLength) }
    this.closeIfSent()
  }

  private closeIfSent(): void {
    if (this.onSent === null || (this.input.bytes > 0 && !this.hasEnded)) return
    this.transport.send({ t: 'close', ch: this.number })
    this.onSent()
  }

  handleFrame({ offset, data }: JournalFrame): void {
    const received = this.cursor.receive(offset, data)
    if (received.kind === 'gap') this.reopen()
    else if (received.kind === 'new') this.sink.data(received.data)
    this.grant()
  }

  handleMessage(message: PtyMessage): void {
    switch (message.t) {
      case 'pty-opened':
        this.handleOpened(message.received)
        break
      case 'pty-screen':
        this.cursor.restart(message.offset)
        this.keepsScreen = message.data !== null
        this.sink.screen(message)
        break
      case 'pty-size':
        this.sink.sized(message)
        break
      case 'pty-ack': {
        const ms = this.input.acknowledged(message.n)
        if (ms !== null) this.sink.roundTrip(ms)
        this.sendInput()
        this.closeIfSent()
        break
      }
      case 'pty-lost':
        this.giveUpInput()
        if (this.onSent === null) this.reopen()
        break
      case 'pty-exit':
        this.hasEnded = true
        this.isOpen = false
        this.sink.exited(message)
        this.giveUpInput()
        break
      case 'away':
        this.sink.away(message.retryMs, message.message)
        break
      case 'error':
        this.isOpen = false
        this.hasEnded = message.code === 'NOT_FOUND'
        this.sink.failed(message.code, message.message)
        if (this.hasEnded) this.giveUpInput()
        break
      default:
        break // for journals only
    }
  }

  private handleOpened(received: number | null): void {
    const again = this.input.resume(received)
    if (again === null) {
      this.giveUpInput()
      if (this.onSent === null) this.reopen()
      return
    }
    this.isOpen = true
    this.sink.opened()
    for (const batch of again) this.sendBatch(batch.n, batch.data)
    this.sendInput()
  }

  /** Nothing is sent before the hub has said what it received. */
  private sendInput(): void {
    if (!this.isOpen || !this.transport.isLive()) return
    for (let batch = this.input.take(); batch; batch = this.input.take()) this.sendBatch(batch.n, batch.data)
  }

  private sendBatch(n: number, data: Uint8Array): void {
    this.transport.send({ t: 'pty-input', ch: this.number, n, data: toBase64(data) })
  }

  private giveUpInput(): void {
    const bytes = this.input.fail()
    if (bytes.byteLength > 0) this.sink.notSent(bytes)
    this.closeIfSent()
  }

  /** Uses a new channel number, so that frames of the old channel that are still on their way are ignored. */
  private reopen(): void {
    this.transport.send({ t: 'close', ch: this.number })
    this.number = this.transport.renumber(this)
    this.open()
  }

  private grant(): void {
    if (!this.transport.isLive()) return
    const bytes = this.cursor.takeGrant()
    if (bytes > 0) this.transport.send({ t: 'credit', ch: this.number, bytes })
  }
}

const nothing = () => undefined
const silentSink: PtySink = {
  opened: nothing,
  screen: nothing,
  data: nothing,
  sized: nothing,
  exited: nothing,
  away: nothing,
  failed: nothing,
  notSent: nothing,
  roundTrip: nothing,
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  // `String.fromCharCode` takes a limited number of arguments.
  for (let at = 0; at < bytes.byteLength; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}
