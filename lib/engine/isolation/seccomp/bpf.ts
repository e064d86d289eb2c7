/** Classic BPF as used for seccomp: the few instructions that a filter needs, with labels for jumps. */

/** One `struct sock_filter`: opcode, jumps when true and when false (in instructions), and a constant. */
export type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, constant: number]

/**
 * Opcodes. With these alone, the kernel (5.11 and later) recognises that the result for most calls depends only on the
 * number, caches it in a bitmap, and skips the filter for them.
 */
export const opcode = {
  /** Load the 32-bit word of `struct seccomp_data` at an offset. */
  load: 0x20,
  and: 0x54,
  jump: 0x05,
  ifEqual: 0x15,
  ifAtLeast: 0x35,
  return: 0x06,
} as const

/** Offsets in `struct seccomp_data`. */
export const dataOffset = {
  number: 0,
  architecture: 4,
  /** The lower half of an argument, on a little-endian machine; the upper half follows. */
  argument: (index: number) => 16 + 8 * index,
} as const

/** The kernel's limit. */
export const maxInstructions = 4_096
const maxConditionalJump = 255

/** A position in the program, defined by `place`. */
export type Label = symbol

type Target = Label | 'next'

type Line =
  | { readonly kind: 'plain'; readonly code: number; readonly constant: number }
  | { readonly kind: 'branch'; readonly code: number; readonly constant: number; whenTrue: Target; whenFalse: Target }
  | { readonly kind: 'jump'; readonly to: Label }

/** Collects a program from first to last instruction. Jumps only go forward, as the kernel requires. */
export class Assembler {
  private readonly lines: Line[] = []
  private readonly places = new Map<Label, number>()

  load(offset: number): void {
    this.lines.push({ kind: 'plain', code: opcode.load, constant: offset })
  }

  /** Keep these bits of the loaded word. */
  and(mask: number): void {
    this.lines.push({ kind: 'plain', code: opcode.and, constant: mask })
  }

  return(action: number): void {
    this.lines.push({ kind: 'plain', code: opcode.return, constant: action })
  }

  /** Compare the loaded word as an unsigned number. At most 255 instructions may lie between here and the label. */
  branch(code: 'ifEqual' | 'ifAtLeast', constant: number, whenTrue: Target, whenFalse: Target): void {
    this.lines.push({ kind: 'branch', code: opcode[code], constant, whenTrue, whenFalse })
  }

  /** Jump over any distance. */
  jump(to: Label): void {
    this.lines.push({ kind: 'jump', to })
  }

  place(label: Label): void {
    this.places.set(label, this.lines.length)
  }

  /** Throws when a jump goes backward or too far, or when the program is too long for the kernel. */
  assemble(): Instruction[] {
    if (this.lines.length > maxInstructions) throw new Error(`the filter has ${this.lines.length} instructions`)
    return this.lines.map((line, at) => {
      if (line.kind === 'plain') return [line.code, 0, 0, line.constant >>> 0]
      if (line.kind === 'jump') return [opcode.jump, 0, 0, this.distance(at, line.to)]
      const [whenTrue, whenFalse] = [this.distance(at, line.whenTrue), this.distance(at, line.whenFalse)]
      if (Math.max(whenTrue, whenFalse) > maxConditionalJump) throw new Error('a jump is too far')
      return [line.code, whenTrue, whenFalse, line.constant >>> 0]
    })
  }

  private distance(from: number, target: Target): number {
    if (target === 'next') return 0
    const place = this.places.get(target)
    if (place === undefined || place <= from) throw new Error('a jump goes backward or nowhere')
    return place - from - 1
  }
}

/** The program as an array of `struct sock_filter`, little-endian. */
export function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(([code, whenTrue, whenFalse, constant], at) => {
    bytes.writeUInt16LE(code, at * 8)
    bytes.writeUInt8(whenTrue, at * 8 + 2)
    bytes.writeUInt8(whenFalse, at * 8 + 3)
    bytes.writeUInt32LE(constant, at * 8 + 4)
  })
  return bytes
}
