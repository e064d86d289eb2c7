import { describe, expect, test } from 'vitest'
import { maxInstructions } from './bpf'
import { runFilter } from './bpf-machine'
import { type Architecture, action, architectureMark, decisions } from './compile'
import { seccompFilter } from './filter'
import { errorNumbers, type Inspection, type Verdict } from './rules'
import { syscallNumbers } from './syscalls'

const i386 = 0x4000_0003
const arm32 = 0x4000_0028
const architectures = Object.keys(syscallNumbers) as Architecture[]

function filterOf(architecture: Architecture): Buffer {
  const program = seccompFilter(architecture)
  if (!program) throw new Error(`there is no filter for ${architecture}`)
  return program
}

function caller(architecture: Architecture) {
  const program = filterOf(architecture)
  const byNumber = (number: number, ...args: bigint[]) =>
    wordFor(runFilter(program, { architecture: architectureMark[architecture], number, args }))
  return {
    byNumber,
    byName: (name: string, ...args: bigint[]) => {
      const number = syscallNumbers[architecture].get(name)
      if (number === undefined) throw new Error(`${architecture} has no ${name}`)
      return byNumber(number, ...args)
    },
  }
}

function wordFor(answer: number): string {
  if (answer === action.allow) return 'allow'
  if (answer === action.killProcess) return 'killed'
  const error = Object.entries(errorNumbers).find(([, number]) => answer === (action.error | number))
  return error?.[0] ?? `an unknown result ${answer}`
}

/** Evaluates the table without the compiler. */
function expected(decision: Verdict | Inspection | undefined, args: readonly bigint[]): string {
  if (decision === undefined) return 'ENOSYS'
  if (typeof decision === 'string') return decision
  const found = decision.cases.find(({ when }) =>
    when.every(({ argument, mask = 0xffff_ffff, values }) =>
      values.some((value) => BigInt(value) === ((args[argument] ?? 0n) & BigInt(mask) & 0xffff_ffffn)),
    ),
  )
  return found?.verdict ?? decision.otherwise
}

describe.each(architectures)('%s', (architecture) => {
  const call = caller(architecture)

  test('every call has one decision, and the program agrees with the table for arguments near every boundary', () => {
    const table = decisions(architecture)
    expect(table.size).toBe(syscallNumbers[architecture].size)
    const inspections = [...table.values()].filter((decision) => typeof decision === 'object')
    const values = inspections.flatMap(({ cases }) => cases.flatMap(({ when }) => when.flatMap((it) => it.values)))
    const borders = [...new Set(values.flatMap((value) => [value - 1, value, value + 1]))].filter((value) => value >= 0)
    const combinations = borders.flatMap((first) =>
      [0, 1, 6, 0x5412, 0x80001].flatMap((second) =>
        [0, 6, 132].flatMap((third) =>
          [0n, 1n << 32n, 0xffff_ffffn << 32n].map((upper) => [first, second, third].map((it) => BigInt(it) | upper)),
        ),
      ),
    )
    const wrong: string[] = []
    for (let number = 0; number < 600; number++) {
      const decision = table.get(number)
      for (const args of typeof decision === 'object' ? combinations : [[], [1n, 2n, 3n]]) {
        const [seen, meant] = [call.byNumber(number, ...args), expected(decision, args)]
        if (seen !== meant) wrong.push(`${number}(${args}) is ${seen}, not ${meant}`)
      }
    }
    expect(inspections.length).toBeGreaterThan(0)
    expect(wrong).toEqual([])
  })

  test('unknown calls fail like on a kernel without them', () => {
    for (const number of [470, 500, 1000, 0x3fff_ffff]) expect(call.byNumber(number)).toBe('ENOSYS')
  })

  test('the program has a valid form and length', () => {
    const program = filterOf(architecture)
    expect(program.length % 8).toBe(0)
    expect(program.length / 8).toBeLessThanOrEqual(maxInstructions)
  })

  test('calls of another architecture kill the process', () => {
    for (const other of [i386, arm32, ...Object.values(architectureMark)]) {
      if (other === architectureMark[architecture]) continue
      for (const number of [0, 1, 11, 120])
        expect(wordFor(runFilter(filterOf(architecture), { architecture: other, number }))).toBe('killed')
    }
  })

  test.each([
    'add_key request_key keyctl bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register',
    'mount umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr setns chroot',
    'init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog',
    'name_to_handle_at open_by_handle_at process_vm_readv process_vm_writev pidfd_getfd kcmp lookup_dcookie',
  ])('EPERM: %s', (names) => {
    for (const name of names.split(' ')) expect(`${name} ${call.byName(name)}`).toBe(`${name} EPERM`)
  })

  test('threads and processes can be created, namespaces cannot', () => {
    const thread = 0x3d0f00n
    expect(call.byName('clone', thread)).toBe('allow')
    expect(call.byName('clone', 0x1200011n)).toBe('allow')
    for (const bit of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
      expect(call.byName('clone', bit | 17n)).toBe('EPERM')
      expect(call.byName('unshare', bit)).toBe('EPERM')
    }
    expect(call.byName('unshare', 0x80n)).toBe('EPERM')
    expect(call.byName('unshare', 0x200n)).toBe('allow')
    expect(call.byName('clone3')).toBe('ENOSYS')
  })

  test('a child may ask to be traced, but nothing can attach to another process', () => {
    const [traceMe, peek, proceed, attach, seize] = [0n, 2n, 7n, 16n, 0x4206n]
    for (const request of [traceMe, peek, proceed]) expect(call.byName('ptrace', request)).toBe('allow')
    for (const request of [attach, seize]) expect(call.byName('ptrace', request)).toBe('EPERM')
  })

  test('inserting terminal input is refused, whatever the upper half of the request contains', () => {
    for (const request of [0x5412n, 0x541cn, 0x5423n]) {
      expect(call.byName('ioctl', 1n, request)).toBe('EPERM')
      expect(call.byName('ioctl', 1n, request | (1n << 32n))).toBe('EPERM')
    }
    for (const request of [0x5401n, 0x5413n, 0x5414n, 0x541bn]) expect(call.byName('ioctl', 1n, request)).toBe('allow')
  })

  test.each(['socket', 'socketpair'])('%s: local, internet and routing sockets only', (name) => {
    const [stream, datagram, sequential, nonBlocking] = [1n, 2n, 5n, 0x800n]
    const allowed = [
      [1n, stream, 0n],
      [1n, sequential, 0n],
      [2n, stream | nonBlocking, 6n],
      [10n, datagram | 0x80000n, 17n],
      [2n, datagram, 1n],
      [2n, stream, 262n],
      [16n, 3n, 0n],
    ] as const
    for (const args of allowed) expect(`${args} ${call.byName(name, ...args)}`).toBe(`${args} allow`)
    const protocols = [
      [2n, stream, 132n],
      [10n, sequential, 0n],
      [2n, 6n, 33n],
      [16n, 3n, 12n],
      [16n, 3n, 16n],
    ] as const
    for (const args of protocols) expect(`${args} ${call.byName(name, ...args)}`).toBe(`${args} EPROTONOSUPPORT`)
    // AX.25, packet, RDS, CAN, TIPC, Bluetooth, ALG, vsock, KCM, QIPCRTR, SMC, XDP, MCTP.
    for (const family of [3n, 17n, 21n, 29n, 30n, 31n, 38n, 40n, 41n, 42n, 43n, 44n, 45n])
      expect(`${family} ${call.byName(name, family, stream, 0n)}`).toBe(`${family} EAFNOSUPPORT`)
  })

  test('a program may report a 32-bit machine or fix its addresses, but not weaken its memory protection', () => {
    for (const value of [0n, 8n, 0x20000n, 0x40000n, 0xffffffffn])
      expect(call.byName('personality', value)).toBe('allow')
    const [executableReads, mapZero] = [0x400000n, 0x100000n]
    for (const value of [executableReads, mapZero, 0x440000n]) expect(call.byName('personality', value)).toBe('EPERM')
  })
})

test('x32, the second interface of an x86-64 kernel, behaves as if not built in', () => {
  const call = caller('x64')
  for (const number of [0, 1, 59, 101, 512, 547]) expect(call.byNumber(0x4000_0000 | number)).toBe('ENOSYS')
  // Includes negative numbers as seen by the kernel.
  expect(call.byNumber(0xffff_ffff)).toBe('ENOSYS')
})

test('unsupported architectures have no filter', () => {
  expect(seccompFilter('riscv64')).toBeNull()
  expect(seccompFilter('toString')).toBeNull()
})
