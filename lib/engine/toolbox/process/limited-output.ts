/** Output of a process that the toolbox starts for itself. Any program of the sandbox can open its pipes and write to them. */

/** Keeps the beginning of an output in memory. */
export class LimitedOutput {
  private readonly chunks: Buffer[] = []
  private bytes = 0

  constructor(private readonly maxBytes: number) {}

  /** Add bytes, which are copied. Bytes beyond the limit are dropped. */
  add(bytes: Uint8Array): void {
    const kept = Buffer.from(bytes.subarray(0, this.maxBytes - this.bytes))
    if (kept.length > 0) this.chunks.push(kept)
    this.bytes += kept.length
  }

  whole(): Buffer {
    return Buffer.concat(this.chunks)
  }
}
