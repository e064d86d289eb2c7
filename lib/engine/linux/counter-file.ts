/**
 * A number in a kernel file that is read again and again. The file stays open: a read then costs a tenth of one that opens
 * the file first.
 */
import { closeSync, openSync, readSync } from 'node:fs'

/** Longer than any of the files that are read here. */
const buffer = Buffer.allocUnsafeSlow(4096)

export class CounterFile {
  private descriptor: number | null = null

  /**
   * @param path null if there is no such file
   * @param name the name at the beginning of the number's line
   */
  constructor(
    private readonly path: string | null,
    private readonly name: string,
  ) {}

  /** The number now; null if it cannot be read. */
  read(): number | null {
    if (this.path === null) return null
    try {
      this.descriptor ??= openSync(this.path, 'r')
      const text = buffer.toString('latin1', 0, readSync(this.descriptor, buffer, 0, buffer.length, 0))
      return numberIn(text, this.name)
    } catch {
      // Not every kernel has every file, and a removed group has none.
      this.close()
      return null
    }
  }

  /** The next read opens the file again. */
  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor)
    this.descriptor = null
  }
}

/** The number in the line `name number`; null if there is no such line. */
export function numberIn(text: string, name: string): number | null {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return line === undefined ? null : Number(line.slice(name.length + 1))
}
