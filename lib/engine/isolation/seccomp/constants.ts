/** Argument values from the kernel's headers, the same on x86-64 and arm64. */

export const clone = {
  /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
  namespaces: 0x7e02_0000,
  /** For `unshare` only: in `clone` these bits are the termination signal. */
  newTime: 0x80,
} as const

export const ptrace = {
  attach: 16,
  seize: 0x4206,
} as const

/** Values that a program may set for itself. */
export const personality = {
  linux: 0,
  /** Report a 32-bit machine. */
  linux32: 0x0008,
  /** Report a version 2.6. */
  uname26: 0x2_0000,
  uname26Linux32: 0x2_0008,
  noRandomAddresses: 0x4_0000,
  /** Query without a change. */
  query: 0xffff_ffff,
} as const

/** Terminal requests that are refused. */
export const ioctl = {
  /** TIOCSTI: inserts input for whoever reads the terminal. */
  fakeInput: 0x5412,
  /** TIOCLINUX: the same through the selection of a virtual console. */
  consoleSelection: 0x541c,
  /** TIOCSETD: other line disciplines are rarely used drivers. */
  lineDiscipline: 0x5423,
} as const

export const socket = {
  local: 1,
  internet: 2,
  internet6: 10,
  netlink: 16,
  netlinkRoute: 0,
  /** Without SOCK_NONBLOCK and SOCK_CLOEXEC. */
  typeMask: 0xf,
  types: { stream: 1, datagram: 2, raw: 3 },
  protocols: { usual: 0, icmp: 1, tcp: 6, udp: 17, icmp6: 58, mptcp: 262 },
} as const

/** `which` of setpriority(2). */
export const priority = { process: 0, user: 2 } as const

/** `which` of ioprio_set(2). */
export const ioPriority = { process: 1, user: 3 } as const

/** PR_SET_MM of prctl(2). */
export const setMemoryMap = 35

/** F_SETLEASE of fcntl(2). */
export const setLease = 1024
