/**
 * What the output of a terminal tells a person who does not see it: the title, bells and progress. Only the bytes of
 * control sequences are looked at, so that no screen has to be drawn for it.
 */
import type { PtyProgress, PtySignals } from '@/lib/process-api/pty'

/** Longer control strings are not titles. */
const maxContentBytes = 4096
const maxTitleLength = 200

const bell = 0x07
const escapeByte = 0x1b
const cancel = 0x18
const backslash = 0x5c
const bracket = 0x5d
/** P, X, ^ and _ start strings of other kinds. */
const otherStrings = new Set([0x50, 0x58, 0x5e, 0x5f])

type State = 'text' | 'escape' | 'command' | 'other-string'

export class OutputSignals {
  private current: PtySignals = { title: '', bells: 0, progress: null }
  private state: State = 'text'
  /** The string goes on after an escape character, unless a backslash follows. */
  private isEscaped = false
  private content: number[] = []

  /** @param onChange called at most once for each `add` */
  constructor(private readonly onChange: () => void) {}

  get signals(): PtySignals {
    return this.current
  }

  add(bytes: Uint8Array): void {
    const before = this.current
    let at = 0
    while (at < bytes.length) {
      if (this.state === 'text') at = skipText(bytes, at)
      const byte = bytes[at]
      if (byte !== undefined) this.next(byte)
      at += 1
    }
    if (this.current !== before) this.onChange()
  }

  private next(byte: number): void {
    if (this.state === 'text') {
      if (byte === bell) this.set({ bells: this.current.bells + 1 })
      else this.state = 'escape'
    } else if (this.state === 'escape') {
      this.start(byte)
    } else if (this.isEscaped) {
      this.isEscaped = false
      if (byte === backslash) this.endString()
      else this.start(byte)
    } else if (byte === escapeByte) {
      this.isEscaped = true
    } else if (byte === bell) {
      this.endString()
    } else if (byte === cancel) {
      this.state = 'text'
    } else if (this.state === 'command' && this.content.length <= maxContentBytes) {
      this.content.push(byte)
    }
  }

  /** The character after an escape character. */
  private start(byte: number): void {
    this.content = []
    if (byte === bracket) this.state = 'command'
    else if (otherStrings.has(byte)) this.state = 'other-string'
    else if (byte !== escapeByte) this.state = 'text'
    else this.state = 'escape'
  }

  private endString(): void {
    const isCommand = this.state === 'command' && this.content.length <= maxContentBytes
    const text = isCommand ? Buffer.from(this.content).toString('utf8') : ''
    this.state = 'text'
    this.content = []
    const title = /^[02];(.*)$/s.exec(text)?.[1]
    if (title !== undefined) this.set({ title: title.slice(0, maxTitleLength) })
    const progress = /^9;4;([0-4])(?:;(\d{1,3}))?/.exec(text)
    if (progress) this.set({ progress: progressOf(Number(progress[1]), progress[2]) })
  }

  private set(change: Partial<PtySignals>): void {
    const next = { ...this.current, ...change }
    if (JSON.stringify(next) !== JSON.stringify(this.current)) this.current = next
  }
}

/** The position of the next bell or escape character, or the end. */
function skipText(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== bell && bytes[at] !== escapeByte) at += 1
  return at
}

/** 0 none, 1 normal, 2 error, 3 without a position, 4 paused. */
function progressOf(state: number, value: string | undefined): PtyProgress | null {
  if (state === 0) return null
  if (state === 3) return { state: 'normal', value: null }
  const percent = value === undefined ? null : Math.min(100, Number(value))
  return { state: state === 2 ? 'error' : state === 4 ? 'paused' : 'normal', value: percent }
}
