/** The environment of all measurements: a separate product, started from the production build. */
import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, launchProduct, type Product } from '../e2e/support/product'
import type { SandboxDto } from '../lib/process-api/sandbox'
import { EngineClient } from './engine-client'

export interface Bench {
  readonly product: Product
  readonly connection: Connection
  readonly client: EngineClient
  /** A folder on the same file system as the journals. */
  readonly folder: string
  createSandbox(): Promise<SandboxDto>
  /** Resolves when a warm toolbox is ready for the next create. */
  untilWarm(): Promise<void>
  close(): Promise<void>
}

export async function openBench(): Promise<Bench> {
  const product = await launchProduct()
  const connection = await product.connection()
  const client = new EngineClient(connection)
  return {
    product,
    connection,
    client,
    folder: product.dataDir,
    createSandbox: () => client.api<SandboxDto>('POST', '/sandbox', { labels: { 'code-toolbox-language': 'python' } }),
    async untilWarm() {
      const deadline = Date.now() + 30_000
      while (!(await isWarm(path.join(product.dataDir, 'sandboxes')))) {
        if (Date.now() > deadline) throw new Error('no toolbox became warm within 30 s')
        await delay(20)
      }
    },
    async close() {
      client.close()
      await product.stop()
      await rm(product.dataDir, { recursive: true, force: true })
    },
  }
}

/** A warm toolbox has a socket but is not a sandbox yet. */
async function isWarm(sandboxes: string): Promise<boolean> {
  const exists = (file: string) =>
    stat(file).then(
      () => true,
      () => false,
    )
  for (const id of await readdir(sandboxes)) {
    const folder = path.join(sandboxes, id)
    if (
      (await exists(path.join(folder, 'state', 'toolbox.sock'))) &&
      !(await exists(path.join(folder, 'sandbox.json')))
    ) {
      return true
    }
  }
  return false
}
