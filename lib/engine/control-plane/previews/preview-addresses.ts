/**
 * A loopback address for each port of a sandbox that a client got a link to, such as `127.93.4.17`. Every program of this
 * machine can open such a link, because no name has to be resolved. The address is an origin of its own with cookies of its
 * own, like the names below `localhost`. Linux has all of 127.0.0.0/8; other systems have 127.0.0.1 alone.
 */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:net'
import { log } from '@/lib/log/log'
import type { PreviewHost } from '../access/host-check'
import type { Sandbox } from '../sandbox/sandbox'
import type { Sandboxes } from '../sandboxes/sandboxes'

/** Each address takes a socket; further ports get links with names. */
const maxPerSandbox = 64
const maxTotal = 1_000
/** Attempts to find an address that nobody uses. */
const maxAttempts = 4
/** Every other address fails in the same way. */
const noSuchAddress = new Set(['EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EINVAL'])
const loopbackPeer = /^((::ffff:)?127\.\d+\.\d+\.\d+|::1)$/
const loopbackOrigin = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):/

export class PreviewAddresses {
  private readonly listening = new Map<string, { server: Server; preview: PreviewHost }>()
  /** Ports whose address is being opened, by sandbox and port. */
  private readonly opening = new Map<string, Promise<string | null>>()
  private engine: { http: HttpServer; port: number } | null = null
  private isClosed = false

  /** @param isSupported false gives all links names */
  constructor(
    private readonly sandboxes: Sandboxes,
    private isSupported: boolean,
  ) {
    sandboxes.onChange((sandbox) => {
      if (sandbox.state === 'destroyed') this.closeOf(sandbox.record.id)
    })
  }

  /**
   * Listen on the addresses of earlier links, which stay valid. Resolves when that is done.
   * @param port of the engine, which all addresses share
   */
  async open(http: HttpServer, port: number): Promise<void> {
    this.engine = { http, port }
    for (const { record } of this.sandboxes) {
      for (const saved of record.previewAddresses) {
        await this.listen(saved.address, { port: saved.port, label: record.id, isAddress: true })
      }
    }
  }

  /** The preview at an address; null for any other host name. */
  find(name: string): PreviewHost | null {
    return this.listening.get(name)?.preview ?? null
  }

  /**
   * The origin of a port, such as `http://127.93.4.17:3986`. Null when only a name can work for the client: it is not on
   * this machine, it comes through a tunnel or a proxy, or there are no further addresses.
   * @param own the origin that the client uses for the engine
   */
  async originFor(request: IncomingMessage, own: string, sandbox: Sandbox, port: number): Promise<string | null> {
    const { engine } = this
    if (!engine || !this.isSupported || !isDirect(request, own, engine.port)) return null
    const key = `${sandbox.record.id}:${port}`
    const pending = this.opening.get(key) ?? this.addressOf(sandbox, port).finally(() => this.opening.delete(key))
    this.opening.set(key, pending)
    const address = await pending
    return address === null ? null : `http://${address}:${engine.port}`
  }

  close(): void {
    this.isClosed = true
    for (const { server } of this.listening.values()) server.close()
    this.listening.clear()
  }

  private async addressOf(sandbox: Sandbox, port: number): Promise<string | null> {
    const { id, previewAddresses } = sandbox.record
    const known = previewAddresses.find((saved) => saved.port === port)
    if (known && this.listening.has(known.address)) return known.address
    const others = () => sandbox.record.previewAddresses.filter((saved) => saved.port !== port)
    if (others().length >= maxPerSandbox || this.listening.size >= maxTotal) return null
    const preview: PreviewHost = { port, label: id, isAddress: true }
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const address = randomAddress()
      if (!(await this.listen(address, preview))) continue
      // Other ports of the sandbox may have got addresses meanwhile.
      if (others().length >= maxPerSandbox || this.listening.size > maxTotal) {
        this.closeAddress(address)
        return null
      }
      sandbox.updateQuietly({ previewAddresses: [...others(), { port, address }] })
      // It may have been deleted meanwhile.
      if (sandbox.state === 'destroyed') this.closeOf(id)
      return address
    }
    return null
  }

  /** Resolves with false when the address cannot be used. */
  private async listen(address: string, preview: PreviewHost): Promise<boolean> {
    const { engine } = this
    if (!engine || !this.isSupported || this.isClosed || this.listening.has(address)) return false
    const server = createServer((socket) => engine.http.emit('connection', socket))
    try {
      server.listen({ host: address, port: engine.port })
      await once(server, 'listening')
    } catch (error) {
      this.noteFailure(error)
      return false
    }
    server.on('error', (error) => log.error({ err: error }, `the preview address ${address} has failed`))
    this.listening.set(address, { server, preview })
    return true
  }

  private noteFailure(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!noSuchAddress.has(code)) {
      // Such as a missing descriptor: the next link is tried again.
      if (code !== 'EADDRINUSE') log.error({ err: error }, 'a preview address could not be opened')
      return
    }
    if (!this.isSupported) return
    this.isSupported = false
    log.info(`This machine has no loopback address but 127.0.0.1 (${code}): links to ports use names below localhost.`)
  }

  private closeOf(id: string): void {
    for (const [address, { preview }] of this.listening) if (preview.label === id) this.closeAddress(address)
  }

  private closeAddress(address: string): void {
    this.listening.get(address)?.server.close()
    this.listening.delete(address)
  }
}

/** Whether the client is on this machine and reaches the engine itself: a tunnel rarely has the engine's own port. */
function isDirect({ headers, socket }: IncomingMessage, own: string, port: number): boolean {
  const isForwarded = headers['x-forwarded-for'] !== undefined
  return (
    !isForwarded &&
    loopbackPeer.test(socket.remoteAddress ?? '') &&
    loopbackOrigin.test(own) &&
    new URL(own).port === String(port)
  )
}

/**
 * Random, so that two engines rarely use the same one: cookies of one address are the same for all its ports. The first 64
 * networks are left to others, such as 127.0.0.53 and 127.0.1.1.
 */
function randomAddress(): string {
  return `127.${randomInt(64, 256)}.${randomInt(0, 256)}.${randomInt(1, 255)}`
}
