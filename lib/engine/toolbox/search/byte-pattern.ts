/** Finds a byte pattern in linear time, whatever the text and the pattern are. */

/**
 * Bytes of the pattern used for the native search. With longer patterns its time could grow with the product of the
 * lengths of pattern and text.
 */
const probeBytes = 128

export class BytePattern {
  private readonly pattern: Buffer
  private readonly probe: Buffer
  private readonly looseProbe: string
  /** Failure table of Knuth, Morris and Pratt: how many bytes of the pattern still match after a mismatch. */
  private readonly failureTable: Uint32Array

  /**
   * @param pattern not empty
   * @param ignoresCase ignore the case of ASCII letters
   */
  constructor(
    pattern: Buffer,
    private readonly ignoresCase = false,
  ) {
    this.pattern = ignoresCase ? Buffer.from(pattern.map(lower)) : pattern
    this.probe = this.pattern.subarray(0, probeBytes)
    this.looseProbe = looseFold(this.probe)
    this.failureTable = buildFailureTable(this.pattern)
  }

  get length(): number {
    return this.pattern.length
  }

  /** Index of the first accepted match that starts in `from <= index < to`; -1 if there is none. */
  first(bytes: Buffer, from = 0, to = bytes.length, accepts: (index: number) => boolean = always): number {
    let found = -1
    this.forEachMatch(bytes, from, to, (index) => {
      if (!accepts(index)) return true
      found = index
      return false
    })
    return found
  }

  matches(bytes: Buffer): boolean {
    return this.first(bytes) >= 0
  }

  /** Index of the last accepted match in the range; -1 if there is none. */
  last(bytes: Buffer, from: number, to: number, accepts: (index: number) => boolean): number {
    let found = -1
    this.forEachMatch(bytes, from, to, (index) => {
      if (accepts(index)) found = index
      return true
    })
    return found
  }

  /** First possible match, found by the native search, which rules out nearly all text; -1 if there is none. */
  private candidate(bytes: Buffer, from: number): number {
    if (!this.ignoresCase) return bytes.indexOf(this.probe, from)
    const index = looseFold(bytes.subarray(from)).indexOf(this.looseProbe)
    return index < 0 ? -1 : from + index
  }

  /** Visit every match in order, until `visit` returns false. */
  private forEachMatch(bytes: Buffer, from: number, to: number, visit: (index: number) => boolean): void {
    const { pattern, failureTable, ignoresCase } = this
    const begin = from < to ? this.candidate(bytes, from) : -1
    if (begin < 0) return
    const end = Math.min(bytes.length, to - 1 + pattern.length)
    let matched = 0
    for (let at = begin; at < end; at += 1) {
      const raw = bytes[at] ?? 0
      const byte = ignoresCase ? lower(raw) : raw
      while (matched > 0 && pattern[matched] !== byte) matched = failureTable[matched - 1] ?? 0
      if (pattern[matched] === byte) matched += 1
      if (matched < pattern.length) continue
      if (!visit(at + 1 - matched)) return
      matched = failureTable[matched - 1] ?? 0
    }
  }
}

function buildFailureTable(pattern: Buffer): Uint32Array {
  const failureTable = new Uint32Array(pattern.length)
  let matched = 0
  for (let at = 1; at < pattern.length; at += 1) {
    while (matched > 0 && pattern[matched] !== pattern[at]) matched = failureTable[matched - 1] ?? 0
    if (pattern[matched] === pattern[at]) matched += 1
    failureTable[at] = matched
  }
  return failureTable
}

/** Lower case with one character per byte, so that indexes stay valid. Folds more than ASCII. */
function looseFold(bytes: Buffer): string {
  return bytes.toString('latin1').toLowerCase()
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

function always(): boolean {
  return true
}
