/** Compiles the table of rules into the program for one architecture. */
import { Assembler, dataOffset, type Instruction, type Label } from './bpf'
import { type Condition, decidedByArguments, decidedByName, errorNumbers, type Inspection, type Verdict } from './rules'
import { syscallNumbers } from './syscalls'

export type Architecture = keyof typeof syscallNumbers

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64. */
export const architectureMark = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const satisfies Record<Architecture, number>

/** SECCOMP_RET_…; for errors, the lower bits are the error number. */
export const action = { allow: 0x7fff_0000, killProcess: 0x8000_0000, error: 0x0005_0000 } as const

/** Marks numbers of x32, a second system call interface of x86-64 kernels with different numbers. */
const x32Bit = 0x4000_0000

type Decision = Verdict | Inspection

/** Consecutive calls with the same decision, up to the start of the next range. */
interface Range {
  readonly start: number
  readonly decision: Decision
}

/**
 * The filter for programs of one architecture. A call of another one (i386 on x86-64, 32-bit ARM on arm64) kills the
 * process: its numbers have other meanings, and no program in a sandbox needs it.
 */
export function compile(architecture: Architecture): Instruction[] {
  const assembler = new Assembler()
  const rightArchitecture = Symbol('right architecture')
  assembler.load(dataOffset.architecture)
  assembler.branch('ifEqual', architectureMark[architecture], rightArchitecture, 'next')
  assembler.return(action.killProcess)
  assembler.place(rightArchitecture)
  assembler.load(dataOffset.number)
  const ranges = rangesOf(decisions(architecture))
  decide(assembler, architecture === 'x64' ? [...ranges, { start: x32Bit, decision: 'ENOSYS' }] : ranges)
  return assembler.assemble()
}

/** The decision of each call by its number. Throws when a call has two decisions or none. */
export function decisions(architecture: Architecture): ReadonlyMap<number, Decision> {
  const byName = new Map<string, Decision>(Object.entries(decidedByArguments))
  for (const { verdict, calls } of decidedByName) {
    for (const name of calls) {
      if (byName.has(name)) throw new Error(`the system call ${name} has two decisions`)
      byName.set(name, verdict)
    }
  }
  return new Map(
    [...syscallNumbers[architecture]].map(([name, number]): [number, Decision] => {
      const decision = byName.get(name)
      if (decision === undefined) throw new Error(`the system call ${name} has no decision`)
      return [number, decision]
    }),
  )
}

function rangesOf(decisions: ReadonlyMap<number, Decision>): Range[] {
  const last = Math.max(...decisions.keys())
  const ranges: Range[] = []
  for (let number = 0; number <= last + 1; number++) {
    const decision = decisions.get(number) ?? 'ENOSYS'
    if (ranges.at(-1)?.decision !== decision) ranges.push({ start: number, decision })
  }
  return ranges
}

/** Binary search over ranges until one is left. The call number is loaded. */
function decide(assembler: Assembler, ranges: readonly Range[]): void {
  const half = Math.ceil(ranges.length / 2)
  const [only, upper] = [ranges[0], ranges[half]]
  if (upper === undefined) {
    if (only) emitDecision(assembler, only.decision)
    return
  }
  const [atLeast, below] = [Symbol(`from ${upper.start}`), Symbol(`below ${upper.start}`)]
  // The upper half may be too far for a conditional jump.
  assembler.branch('ifAtLeast', upper.start, 'next', below)
  assembler.jump(atLeast)
  assembler.place(below)
  decide(assembler, ranges.slice(0, half))
  assembler.place(atLeast)
  decide(assembler, ranges.slice(half))
}

function emitDecision(assembler: Assembler, decision: Decision): void {
  if (typeof decision === 'string') {
    assembler.return(actionOf(decision))
    return
  }
  for (const { when, verdict } of decision.cases) {
    const otherCase = Symbol('other case')
    for (const condition of when) unless(assembler, condition, otherCase)
    assembler.return(actionOf(verdict))
    assembler.place(otherCase)
  }
  assembler.return(actionOf(decision.otherwise))
}

/** Continue if the condition holds, else jump to the label. */
function unless(assembler: Assembler, { argument, mask, values }: Condition, otherwise: Label): void {
  const holds = Symbol('holds')
  assembler.load(dataOffset.argument(argument))
  if (mask !== undefined) assembler.and(mask)
  values.forEach((value, at) => {
    assembler.branch('ifEqual', value, holds, at === values.length - 1 ? otherwise : 'next')
  })
  assembler.place(holds)
}

function actionOf(verdict: Verdict): number {
  return verdict === 'allow' ? action.allow : action.error | errorNumbers[verdict]
}
