/** Runs a filter like the kernel does, to test filters of any architecture on any machine. */
import { dataOffset, opcode } from './bpf'

export interface Call {
  /** AUDIT_ARCH_… of the system call interface. */
  readonly architecture: number
  readonly number: number
  readonly args?: readonly bigint[]
}

/** The result of a program for a call. Throws when the kernel would have refused to load the program. */
export function runFilter(program: Buffer, call: Call): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.number >>> 0, dataOffset.number)
  data.writeUInt32LE(call.architecture, dataOffset.architecture)
  call.args?.forEach((value, index) => {
    data.writeBigUInt64LE(BigInt.asUintN(64, value), dataOffset.argument(index))
  })
  let loaded = 0
  for (let at = 0; ; at++) {
    if (at * 8 >= program.length) throw new Error('the program runs past its end')
    const constant = program.readUInt32LE(at * 8 + 4)
    const jump = (isTrue: boolean) => program.readUInt8(at * 8 + (isTrue ? 2 : 3))
    switch (program.readUInt16LE(at * 8)) {
      case opcode.load:
        if (constant % 4 !== 0) throw new Error('a load is not aligned')
        loaded = data.readUInt32LE(constant)
        break
      case opcode.and:
        loaded = (loaded & constant) >>> 0
        break
      case opcode.jump:
        at += constant
        break
      case opcode.ifEqual:
        at += jump(loaded === constant)
        break
      case opcode.ifAtLeast:
        at += jump(loaded >= constant)
        break
      case opcode.return:
        return constant
      default:
        throw new Error('the kernel does not support this instruction')
    }
  }
}
