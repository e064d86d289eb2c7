/**
 * The system calls that programs in an isolated sandbox may use. Every call of both architectures has a decision here; any
 * other (of a later kernel) fails with ENOSYS, as on a kernel without it.
 *
 * This is an allow list like the default profile of Docker, with which it was compared call by call: what runs in ordinary
 * containers (compilers, Node, Python, Go, Rust, Java, Chromium without its own sandbox) runs here. Like Chromium's lists,
 * it leaves out what merely happens to work: access to other processes, rare socket families and protocols, calls for
 * obsolete databases.
 *
 * Stricter than Docker's profile:
 * - no access to other processes: no `process_vm_readv` and `process_vm_writev`, and no `ptrace` that attaches to a process
 *   without its consent. A filter cannot see parentage, but only a child can call PTRACE_TRACEME for its tracer: gdb and
 *   strace start programs that way;
 * - only sockets of the local, internet and routing families, with the common protocols;
 * - no io_uring, whose operations bypass filters, and no `name_to_handle_at`, `memfd_secret`, `vmsplice`, `modify_ldt`,
 *   `remap_file_pages`;
 * - no ioctl that inserts terminal input or changes a line discipline.
 *
 * More permissive in one value: `personality` may disable address randomisation, for gdb and ThreadSanitizer.
 */
import { clone, ioctl, ioPriority, personality, priority, ptrace, setLease, setMemoryMap, socket } from './constants'

/** `allow`, or the error with which the call fails. */
export type Verdict = 'allow' | ErrorName
export type ErrorName = keyof typeof errorNumbers

/** The same on both architectures. */
export const errorNumbers = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const

/**
 * Whether the lower 32 bits of an argument, reduced to `mask`, are one of `values`. Every argument inspected here is an
 * `int` or a set of flags in the lower half, so the upper half must not matter.
 */
export interface Condition {
  readonly argument: number
  readonly mask?: number
  readonly values: readonly number[]
}

/** The first case whose conditions all hold decides. */
export interface Inspection {
  readonly cases: ReadonlyArray<{ readonly when: readonly Condition[]; readonly verdict: Verdict }>
  readonly otherwise: Verdict
}

const names = (text: string) => text.trim().split(/\s+/)

/** Calls decided by name alone. */
export const decidedByName: ReadonlyArray<{ readonly verdict: Verdict; readonly calls: readonly string[] }> = [
  // Files and folders.
  {
    verdict: 'allow',
    calls: names(`
      access faccessat faccessat2 chdir fchdir getcwd chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
      umask open openat openat2 creat close close_range dup dup2 dup3 flock read write readv writev pread64
      pwrite64 preadv pwritev preadv2 pwritev2 lseek truncate ftruncate fallocate fadvise64 readahead fsync fdatasync
      sync syncfs sync_file_range stat fstat lstat newfstatat statx statfs fstatfs ustat getdents getdents64 link linkat
      symlink symlinkat readlink readlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat
      utime utimes futimesat utimensat copy_file_range sendfile splice tee cachestat
      getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr removexattr lremovexattr
      fremovexattr getxattrat setxattrat listxattrat removexattrat
      inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
      landlock_create_ruleset landlock_add_rule landlock_restrict_self`),
  },
  // Waiting for events, and communication between programs.
  {
    verdict: 'allow',
    calls: names(`
      poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
      eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime pipe pipe2
      accept accept4 bind connect listen getsockname getpeername getsockopt setsockopt sendto recvfrom sendmsg recvmsg
      sendmmsg recvmmsg shutdown
      shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl
      mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr`),
  },
  // Memory.
  {
    verdict: 'allow',
    calls: names(`
      brk mmap munmap mremap mprotect msync mincore madvise mlock mlock2 munlock mlockall munlockall mseal memfd_create
      membarrier pkey_alloc pkey_free pkey_mprotect map_shadow_stack`),
  },
  // Processes, threads, users and signals.
  {
    verdict: 'allow',
    calls: names(`
      fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid getpgid getpgrp setpgid getsid setsid
      getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid
      setfsuid setfsgid setgroups capget capset arch_prctl get_thread_area set_thread_area set_tid_address
      set_robust_list get_robust_list rseq futex futex_wait futex_wake futex_requeue futex_waitv seccomp
      kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend
      rt_sigtimedwait rt_sigreturn sigaltstack pause restart_syscall pidfd_open pidfd_send_signal process_mrelease
      getrlimit setrlimit getrusage getpriority ioprio_get
      sched_yield sched_getaffinity sched_getattr sched_getparam
      sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval getcpu`),
  },
  // Time and the machine.
  {
    verdict: 'allow',
    calls: names(`
      time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep alarm getitimer setitimer times
      timer_create timer_settime timer_gettime timer_getoverrun timer_delete adjtimex clock_adjtime
      uname sysinfo getrandom`),
  },
  // Only kernel code calls these, in programs that the machine's administrator traces.
  { verdict: 'allow', calls: names('uretprobe uprobe') },

  // Access to other processes of the sandbox.
  {
    verdict: 'EPERM',
    calls: names('process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp'),
  },
  // Keys belong to the user or the session, not to a namespace.
  { verdict: 'EPERM', calls: names('add_key request_key keyctl') },
  // Namespaces and mounts.
  {
    verdict: 'EPERM',
    calls: names(`
      setns mount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
      mount_setattr name_to_handle_at open_by_handle_at`),
  },
  // Parts of the kernel with many past vulnerabilities. Programs expect this error, because kernel settings cause it too.
  {
    verdict: 'EPERM',
    calls: names(
      'bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register fanotify_init fanotify_mark',
    ),
  },
  // Administration of the machine.
  {
    verdict: 'EPERM',
    calls: names(`
      init_module finit_module delete_module create_module query_module get_kernel_syms kexec_load kexec_file_load reboot
      swapon swapoff acct quotactl quotactl_fd iopl ioperm syslog lookup_dcookie settimeofday clock_settime sethostname
      setdomainname vhangup`),
  },
  // As in Docker's profile; with this error, libnuma assumes a machine with one node.
  {
    verdict: 'EPERM',
    calls: names('get_mempolicy set_mempolicy set_mempolicy_home_node mbind migrate_pages move_pages'),
  },

  // Callers fall back to an older call. The flags of clone3 are in memory, where a filter cannot read them.
  { verdict: 'ENOSYS', calls: names('clone3 statmount listmount vmsplice') },
  // The kernel limits contexts for the whole machine, so one sandbox could take them all. Programs have fallbacks.
  { verdict: 'ENOSYS', calls: names('io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents') },
  // Missing in many kernels, and not needed.
  {
    verdict: 'ENOSYS',
    calls: names(`
      memfd_secret modify_ldt remap_file_pages lsm_get_self_attr lsm_set_self_attr lsm_list_modules file_getattr
      file_setattr`),
  },
  // Removed long ago.
  {
    verdict: 'ENOSYS',
    calls: names(`
      uselib sysfs _sysctl nfsservctl getpmsg putpmsg afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old`),
  },
]

const sockets: Inspection = {
  cases: [
    { when: [{ argument: 0, values: [socket.local] }], verdict: 'allow' },
    {
      when: [
        { argument: 0, values: [socket.internet, socket.internet6] },
        { argument: 1, mask: socket.typeMask, values: Object.values(socket.types) },
        { argument: 2, values: Object.values(socket.protocols) },
      ],
      verdict: 'allow',
    },
    { when: [{ argument: 0, values: [socket.internet, socket.internet6] }], verdict: 'EPROTONOSUPPORT' },
    // Interfaces and addresses, for getifaddrs.
    {
      when: [
        { argument: 0, values: [socket.netlink] },
        { argument: 2, values: [socket.netlinkRoute] },
      ],
      verdict: 'allow',
    },
    { when: [{ argument: 0, values: [socket.netlink] }], verdict: 'EPROTONOSUPPORT' },
  ],
  otherwise: 'EAFNOSUPPORT',
}

/** Scheduling of any process except PID 1, which starts and signals all others. */
const exceptInit: Inspection = {
  cases: [{ when: [{ argument: 0, values: [1] }], verdict: 'EPERM' }],
  otherwise: 'allow',
}

/** Like `exceptInit`, for calls that select one process, or all processes of a user, including PID 1. */
function exceptInitOrUser(process: number, user: number): Inspection {
  return {
    cases: [
      {
        when: [
          { argument: 0, values: [process] },
          { argument: 1, values: [1] },
        ],
        verdict: 'EPERM',
      },
      { when: [{ argument: 0, values: [user] }], verdict: 'EPERM' },
    ],
    otherwise: 'allow',
  }
}

/** Calls decided by their arguments. */
export const decidedByArguments: Readonly<Record<string, Inspection>> = {
  clone: {
    cases: [{ when: [{ argument: 0, mask: clone.namespaces, values: [0] }], verdict: 'allow' }],
    otherwise: 'EPERM',
  },
  unshare: {
    cases: [{ when: [{ argument: 0, mask: clone.namespaces | clone.newTime, values: [0] }], verdict: 'allow' }],
    otherwise: 'EPERM',
  },
  ptrace: {
    cases: [{ when: [{ argument: 0, values: [ptrace.attach, ptrace.seize] }], verdict: 'EPERM' }],
    otherwise: 'allow',
  },
  // Sets where the arguments and the environment are, which others read in /proc.
  prctl: {
    cases: [{ when: [{ argument: 0, values: [setMemoryMap] }], verdict: 'EPERM' }],
    otherwise: 'allow',
  },
  // Opening a file under a lease waits for its holder, which would block the toolbox's file routes.
  fcntl: {
    cases: [{ when: [{ argument: 1, values: [setLease] }], verdict: 'EPERM' }],
    otherwise: 'allow',
  },
  personality: {
    cases: [{ when: [{ argument: 0, values: Object.values(personality) }], verdict: 'allow' }],
    otherwise: 'EPERM',
  },
  ioctl: {
    cases: [{ when: [{ argument: 1, values: Object.values(ioctl) }], verdict: 'EPERM' }],
    otherwise: 'allow',
  },
  // Only for the process itself, which C libraries write as 0. The kernel would only compare user ids, and PID 1 passes its
  // limits on to all later processes.
  prlimit64: {
    cases: [{ when: [{ argument: 0, values: [0] }], verdict: 'allow' }],
    otherwise: 'EPERM',
  },
  sched_setaffinity: exceptInit,
  sched_setattr: exceptInit,
  sched_setparam: exceptInit,
  sched_setscheduler: exceptInit,
  setpriority: exceptInitOrUser(priority.process, priority.user),
  ioprio_set: exceptInitOrUser(ioPriority.process, ioPriority.user),
  socket: sockets,
  socketpair: sockets,
}
