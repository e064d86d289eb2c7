/** The file with V8's compiled code of the toolbox's bundle: SHA-256 of the bundle, then the data of V8. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

export const toolboxEntry = 'toolbox.cjs'
export const toolboxBundle = 'toolbox-bundle.cjs'
export const writeCodeCacheArgument = '--write-code-cache'

const digestBytes = 32

/** V8 accepts only data of its own version and processor. */
export function codeCacheFile(assetsDir: string): string {
  return path.join(assetsDir, `toolbox-bundle.${process.version}-${process.arch}.cache`)
}

export function digestOf(source: Buffer): Buffer {
  return createHash('sha256').update(source).digest()
}

/**
 * The data for a bundle with this digest; undefined where there is none. V8 itself compares only the length of the source.
 */
export function readCodeCache(assetsDir: string, digest: Buffer): Buffer | undefined {
  try {
    const content = readFileSync(codeCacheFile(assetsDir))
    return digest.equals(content.subarray(0, digestBytes)) ? content.subarray(digestBytes) : undefined
  } catch {
    return undefined
  }
}
