/** Files that a new sandbox finds in its home. They wait beside its folders until its toolbox can unpack them. */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { type Copying, unpackHome } from './home-copy'
import type { SandboxRecord } from './sandbox-record'
import type { SandboxStore } from './sandbox-store'
import type { ToolboxLink } from './toolbox-link'

/**
 * Get them and keep the sandbox with them: an engine that dies before that leaves no sandbox behind.
 * @param copy writes them into the file that it is given, unless its signal is aborted
 */
export async function keepSeed(
  store: SandboxStore,
  record: SandboxRecord,
  copy: (file: string, gone: AbortSignal) => Promise<void>,
  gone: AbortSignal,
): Promise<void> {
  const draft = store.unfinishedSeedOf(record.id)
  await copy(draft, gone)
  gone.throwIfAborted()
  store.save(record)
  await rename(draft, store.seedOf(record.id))
}

/** Put them into the home, where there are any; once that is done there are none. */
export async function unpackSeed(
  store: SandboxStore,
  { id }: SandboxRecord,
  link: ToolboxLink,
  copying: Copying,
): Promise<void> {
  const seed = store.seedOf(id)
  if (!existsSync(seed)) return
  await unpackHome(link, seed, copying)
  await rm(seed)
}
