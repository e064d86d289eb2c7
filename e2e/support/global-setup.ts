import { join } from 'node:path'
import { request } from '@playwright/test'
import { launchProduct, processesOf } from './product'

/** Starts the product once for all tests and signs in; afterwards stops it and checks that no process is left. */
export default async function globalSetup() {
  const product = await launchProduct()
  const { signInUrl } = await product.connection()
  const storageState = join(product.dataDir, 'browser-state.json')
  const context = await request.newContext()
  const response = await context.get(signInUrl)
  if (!response.ok()) throw new Error(`signing in returned ${response.status()}`)
  await context.storageState({ path: storageState })
  await context.dispose()
  process.env.SANDGLASS_E2E_DATA = product.dataDir
  process.env.SANDGLASS_E2E_STATE = storageState

  return async () => {
    const took = await product.stop()
    const left = await processesOf(product.dataDir)
    if (left.length > 0) throw new Error(`still running after the end: ${left.map((it) => it.command).join('; ')}`)
    if (took > 5_000) throw new Error(`stopping took ${Math.round(took)} ms`)
    await product.remove()
  }
}
