import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

let made = 0

/** A file that a program or a script is handed in. Its folder is made again when something cleaned it up. */
export function writeScript(scratchDir: string, name: string, content: string | Uint8Array): string {
  made += 1
  mkdirSync(scratchDir, { recursive: true, mode: 0o700 })
  const file = path.join(scratchDir, `${process.pid}-${made}-${name}`)
  writeFileSync(file, content, { mode: 0o600, flag: 'wx' })
  return file
}

/** A descriptor that reads `content` from a file without a name. The caller closes it. */
export function scriptDescriptor(scratchDir: string, content: string | Uint8Array): number {
  const file = writeScript(scratchDir, 'input', content)
  try {
    return openSync(file, 'r')
  } finally {
    rmSync(file, { force: true })
  }
}

/** Close what `scriptDescriptor` gave out. */
export function closeDescriptors(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor)
}
