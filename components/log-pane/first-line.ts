/** Finds the first whole line of a window that starts in the middle of the journal. */
const lineFeed = 0x0a
/** A longer first line is not skipped but shown from its middle. */
const maxSkippedBytes = 64 * 1024

export class FirstLine {
  private skipped = 0
  private isFound: boolean

  /** @param startsLine the window starts at the start of a line */
  constructor(startsLine: boolean) {
    this.isFound = startsLine
  }

  /** True once the first line was found. */
  get found(): boolean {
    return this.isFound
  }

  /** @returns how many bytes at the start of the next chunk belong to the line that the window cut */
  skip(data: Uint8Array): number {
    if (this.isFound) return 0
    const end = data.indexOf(lineFeed)
    if (end !== -1) {
      this.isFound = true
      return end + 1
    }
    if (this.skipped + data.length >= maxSkippedBytes) {
      this.isFound = true
      return restOfCharacter(data)
    }
    this.skipped += data.length
    return data.length
  }
}

/** Bytes that continue a UTF-8 character of the chunk before. */
function restOfCharacter(data: Uint8Array): number {
  let length = 0
  while (length < data.length && ((data[length] ?? 0) & 0xc0) === 0x80) length += 1
  return length
}
