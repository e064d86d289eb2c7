/** Finding bytes in bytes, in time that is linear in the bytes looked through, whatever they and the pattern are. */

/**
 * Bytes of the pattern that the native search looks for. For longer ones its time can grow with the length of the
 * pattern times that of the text.
 */
const probeBytes = 128

export class BytePattern {
  private readonly pattern: Buffer
  private readonly probe: Buffer
  private readonly looseProbe: string
  /** Knuth, Morris and Pratt's table: how much of the pattern still matches after a mismatch. */
  private readonly borders: Uint32Array

  /** @param pattern not empty. @param folds upper case of ASCII letters is the same as lower case */
  constructor(
    pattern: Buffer,
    private readonly folds = false,
  ) {
    this.pattern = folds ? Buffer.from(pattern.map(lower)) : pattern
    this.probe = this.pattern.subarray(0, probeBytes)
    this.looseProbe = looseFold(this.probe)
    this.borders = bordersOf(this.pattern)
  }

  get length(): number {
    return this.pattern.length
  }

  /** The first occurrence that begins in `from <= index < to` and is accepted; -1 where there is none. */
  first(bytes: Buffer, from = 0, to = bytes.length, accepts: (index: number) => boolean = always): number {
    let found = -1
    this.each(bytes, from, to, (index) => {
      if (!accepts(index)) return true
      found = index
      return false
    })
    return found
  }

  isIn(bytes: Buffer): boolean {
    return this.first(bytes) >= 0
  }

  /** The last such occurrence; -1 where there is none. */
  last(bytes: Buffer, from: number, to: number, accepts: (index: number) => boolean): number {
    let found = -1
    this.each(bytes, from, to, (index) => {
      if (accepts(index)) found = index
      return true
    })
    return found
  }

  /** Where the native search finds nothing, nothing is; it decides for nearly all bytes. */
  private candidate(bytes: Buffer, from: number): number {
    if (!this.folds) return bytes.indexOf(this.probe, from)
    const index = looseFold(bytes.subarray(from)).indexOf(this.looseProbe)
    return index < 0 ? -1 : from + index
  }

  /** Every occurrence in order, until `visit` returns false. */
  private each(bytes: Buffer, from: number, to: number, visit: (index: number) => boolean): void {
    const { pattern, borders, folds } = this
    const begin = from < to ? this.candidate(bytes, from) : -1
    if (begin < 0) return
    const end = Math.min(bytes.length, to - 1 + pattern.length)
    let matched = 0
    for (let at = begin; at < end; at += 1) {
      const raw = bytes[at] ?? 0
      const byte = folds ? lower(raw) : raw
      while (matched > 0 && pattern[matched] !== byte) matched = borders[matched - 1] ?? 0
      if (pattern[matched] === byte) matched += 1
      if (matched < pattern.length) continue
      if (!visit(at + 1 - matched)) return
      matched = borders[matched - 1] ?? 0
    }
  }
}

function bordersOf(pattern: Buffer): Uint32Array {
  const borders = new Uint32Array(pattern.length)
  let matched = 0
  for (let at = 1; at < pattern.length; at += 1) {
    while (matched > 0 && pattern[matched] !== pattern[at]) matched = borders[matched - 1] ?? 0
    if (pattern[matched] === pattern[at]) matched += 1
    borders[at] = matched
  }
  return borders
}

/** One character per byte, so that an index in it is an index in the bytes. It folds more than ASCII. */
function looseFold(bytes: Buffer): string {
  return bytes.toString('latin1').toLowerCase()
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

function always(): boolean {
  return true
}
