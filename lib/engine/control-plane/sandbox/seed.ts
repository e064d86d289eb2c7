/** The archive that a new sandbox unpacks into its home. It waits beside the sandbox's folders until the toolbox is up. */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { type CopyOptions, unpackHome } from './home-copy'
import type { SandboxRecord } from './sandbox-record'
import type { SandboxStore } from './sandbox-store'
import type { ToolboxLink } from './toolbox-link'

/**
 * Receive the archive, then save the sandbox: an engine that crashes in between leaves no sandbox behind.
 * @param copy writes the archive into the given file, until its signal aborts
 */
export async function receiveSeed(
  store: SandboxStore,
  record: SandboxRecord,
  copy: (file: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const draft = store.unfinishedSeedOf(record.id)
  await copy(draft, signal)
  signal.throwIfAborted()
  store.save(record)
  await rename(draft, store.seedOf(record.id))
}

/** Unpack the archive into the home, if there is one, and delete it. */
export async function unpackSeed(
  store: SandboxStore,
  { id }: SandboxRecord,
  link: ToolboxLink,
  copying: CopyOptions,
): Promise<void> {
  const seed = store.seedOf(id)
  if (!existsSync(seed)) return
  await unpackHome(link, seed, copying)
  await rm(seed)
}
