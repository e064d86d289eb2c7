/** The seccomp filter in real sandboxes: what is refused, and that ordinary programs are not affected. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '@/lib/settings/programs'
import { findBrowser } from '@/scripts/testing/browser.mjs'
import { decidedByName } from '../isolation/seccomp/rules'
import { syscallNumbers } from '../isolation/seccomp/syscalls'
import { type IsolatedSandbox, type IsolationFixture, startIsolation } from './isolation-fixture'

type Argument = number | 'child' | 'self' | 'terminal'
type Call = readonly [name: string, call: string, args: readonly Argument[], ending: string]

const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
const numbers = syscallNumbers[architecture]
/** An unmapped address. */
const nowhere = 0xffff_ffff

/** Calls that this machine's kernel would handle differently without a filter. */
const calls: readonly Call[] = [
  ['read the session keyring', 'keyctl', [0, nowhere - 2, 0], 'EPERM'],
  ['add a key', 'add_key', [nowhere, nowhere, 0, 0, 0], 'EPERM'],
  ['make an io_uring', 'io_uring_setup', [8, nowhere], 'EPERM'],
  ['take faults of memory', 'userfaultfd', [1], 'EPERM'],
  ['load a BPF program', 'bpf', [5, nowhere, 48], 'EPERM'],
  ['measure performance', 'perf_event_open', [nowhere, 0, nowhere, nowhere, 0], 'EPERM'],
  ['read its own memory as another one does', 'process_vm_readv', ['self', nowhere, 0, nowhere, 0, 0], 'EPERM'],
  ['read the memory of a child', 'process_vm_readv', ['child', nowhere, 0, nowhere, 0, 0], 'EPERM'],
  ['take a descriptor', 'pidfd_getfd', [nowhere, 0, 0], 'EPERM'],
  ['compare processes', 'kcmp', ['self', 'child', 0, 0, 0], 'EPERM'],
  ['attach to a process', 'ptrace', [16, 'child', 0, 0], 'EPERM'],
  ['seize a process', 'ptrace', [0x4206, 'child', 0, 0], 'EPERM'],
  ['seize the first process', 'ptrace', [0x4206, 1, 0, 0], 'EPERM'],
  ['make others wait for a file', 'fcntl', [0, 1024, 1], 'EPERM'],
  ['take the machine of its contexts of asynchronous input', 'io_setup', [1, nowhere], 'ENOSYS'],
  ['limit the first process', 'prlimit64', [1, 7, 0, 0], 'EPERM'],
  ['move the environment that others read', 'prctl', [35, 1, 0, 0, 0], 'EPERM'],
  ['slow down the first process', 'setpriority', [0, 1, 19], 'EPERM'],
  ['slow down all of the user', 'setpriority', [2, 1000, 19], 'EPERM'],
  ['give the first process no disk time', 'ioprio_set', [1, 1, 0x6000], 'EPERM'],
  ['unshare the user namespace', 'unshare', [0x1000_0000], 'EPERM'],
  ['unshare the mounts', 'unshare', [0x2_0000], 'EPERM'],
  ['make a process in a namespace of its own', 'clone', [0x1000_0011, 0, 0, 0, 0], 'EPERM'],
  ['make a process by flags in memory', 'clone3', [nowhere, 88], 'ENOSYS'],
  ['enter a namespace', 'setns', [nowhere, 0], 'EPERM'],
  ['mount', 'mount', [nowhere, nowhere, nowhere, 0, 0], 'EPERM'],
  ['copy a mount', 'open_tree', [nowhere, nowhere, 1], 'EPERM'],
  ['open a file system', 'fsopen', [nowhere, 0], 'EPERM'],
  ['name a file by its handle', 'name_to_handle_at', [nowhere, nowhere, nowhere, nowhere, 0], 'EPERM'],
  ['make readable memory executable', 'personality', [0x40_0000], 'EPERM'],
  ['type into a terminal', 'ioctl', ['terminal', 0x5412, nowhere], 'EPERM'],
  ['use the selection of a console', 'ioctl', ['terminal', 0x541c, nowhere], 'EPERM'],
  ['change a line discipline', 'ioctl', ['terminal', 0x5423, nowhere], 'EPERM'],
  ['use the kernel for encryption', 'socket', [38, 5, 0], 'EAFNOSUPPORT'],
  ['reach the host of a virtual machine', 'socket', [40, 1, 0], 'EAFNOSUPPORT'],
  ['read packets', 'socket', [17, 3, 0], 'EAFNOSUPPORT'],
  ['speak SCTP', 'socket', [2, 1, 132], 'EPROTONOSUPPORT'],
  ['speak to netfilter', 'socket', [16, 3, 12], 'EPROTONOSUPPORT'],
  ['speak a rare family by pairs', 'socketpair', [30, 1, 0, nowhere], 'EAFNOSUPPORT'],
  ['splice from memory', 'vmsplice', [nowhere, nowhere, 0, 0], 'ENOSYS'],
  ['hide memory', 'memfd_secret', [nowhere], 'ENOSYS'],
  ['make a call that no kernel has', 'none', [], 'ENOSYS'],
]

describe.runIf(findProgram('bwrap'))('a sandbox with its filter', () => {
  let fixture: IsolationFixture
  let sandbox: IsolatedSandbox

  beforeAll(async () => {
    fixture = await startIsolation('bubblewrap')
    sandbox = await fixture.launch()
  })
  afterAll(() => fixture.stop())

  const put = (name: string, text: string) => writeFileSync(path.join(sandbox.folder.home, name), text, { mode: 0o644 })
  const putProgram = (name: string) =>
    copyFileSync(path.join(import.meta.dirname, 'programs', name), path.join(sandbox.folder.home, name))

  async function endings(list: ReadonlyArray<readonly [string, number, readonly Argument[]]>) {
    putProgram('system-calls.py')
    put('calls.json', JSON.stringify(list))
    const { exitCode, result } = await sandbox.execute('python3 system-calls.py calls.json 2>&1')
    if (exitCode !== 0) throw new Error(result)
    return JSON.parse(result) as { ended: Record<string, string>; mode: string; noNewPrivileges: string }
  }

  test('the filter is in force for the programs of a sandbox and its init, and there is no warning', async () => {
    const { mode, noNewPrivileges } = await endings([])
    expect([mode, noNewPrivileges]).toEqual(['2', '1'])
    expect((await sandbox.execute('grep ^Seccomp: /proc/1/status')).result).toBe('Seccomp:\t2\n')
    expect(sandbox.process.report.warnings.filter((text) => text.includes('system call'))).toEqual([])
  })

  test('calls that could escape from or observe a sandbox are refused', async () => {
    const { ended } = await endings(calls.map(([name, call, args]) => [name, numbers.get(call) ?? 9_999, args]))
    expect(ended).toEqual(Object.fromEntries(calls.map(([name, , , ending]) => [name, ending])))
  })

  test('every call that the table refuses by name is refused by the kernel', async () => {
    const refused = decidedByName.flatMap(({ verdict, calls }) =>
      verdict === 'allow' ? [] : calls.filter((name) => numbers.has(name)).map((name) => [name, verdict] as const),
    )
    const { ended } = await endings(
      refused.map(([name]) => [name, numbers.get(name) ?? -1, Array<number>(6).fill(nowhere)]),
    )
    expect(ended).toEqual(Object.fromEntries(refused))
  })

  test.runIf(architecture === 'x64')('a program that uses 32-bit system calls is killed', async () => {
    put(
      'int80.py',
      `import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b814000000cd80c3"))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
print("it came back")`,
    )
    const { result } = await sandbox.execute('python3 int80.py; echo $?')
    // 128 + SIGSYS
    expect(result.trim().split('\n').at(-1)).toBe('159')
    expect(result).not.toContain('it came back')
    const { ended } = await endings([['getpid of x32', 0x4000_0000 + 39, []]])
    expect(ended).toEqual({ 'getpid of x32': 'ENOSYS' })
  })

  test('Python: processes, threads, sockets, shared memory, asyncio', async () => {
    putProgram('ordinary.py')
    expect(await sandbox.execute('python3 ordinary.py 2>&1')).toEqual({ exitCode: 0, result: 'fine\n' })
  })

  test('Node: workers, children, files, sockets', async () => {
    put(
      'ordinary.mjs',
      `import { Worker } from 'node:worker_threads'
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, watch } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { createServer } from 'node:http'
if (process.argv[2] === 'child') { process.send('hello'); process.disconnect() } else {
  const said = [await once(new Worker("require('worker_threads').parentPort.postMessage(6 * 7)", { eval: true }), 'message')]
  said.push(await once(fork(process.argv[1], ['child']), 'message').then(([text]) => text))
  said.push(execFileSync('echo', ['child'], { encoding: 'utf8' }).trim(), (await readFile(process.argv[1])).length > 0)
  const server = createServer((_, response) => response.end('served')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  said.push(await (await fetch('http://127.0.0.1:' + server.address().port)).text(), 'lo' in networkInterfaces())
  server.closeAllConnections()
  server.close()
  console.log(said.flat().join(' '))
}`,
    )
    expect(await sandbox.execute('node ordinary.mjs 2>&1')).toEqual({
      exitCode: 0,
      result: '42 hello child true served true\n',
    })
  })

  // Without `net`, which takes most of a minute to compile.
  const goProgram = `package main
import ("os"; "runtime"; "sync")
func main() {
  var wait sync.WaitGroup
  for i := 0; i < 100; i++ { wait.Add(1); go func() { runtime.LockOSThread(); wait.Done() }() }
  wait.Wait()
  files := []*os.File{nil, os.Stdout, os.Stderr}
  child, err := os.StartProcess("/bin/echo", []string{"echo", "go works"}, &os.ProcAttr{Files: files})
  if err != nil { panic(err) }
  child.Wait()
}`
  const javaProgram = `public class Ordinary {
  public static void main(String[] none) throws Exception {
    Thread thread = new Thread(() -> System.out.print("java "));
    thread.start();
    thread.join();
    new ProcessBuilder("echo", "works").inheritIO().start().waitFor();
  }
}`
  const cProgram = `#include <pthread.h>
#include <stdio.h>
static void *say(void *text) { fputs(text, stdout); return 0; }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, say, "c ");
  pthread_join(thread, 0);
  puts("works");
  return 0;
}`
  const rustProgram = `use std::{process::Command, thread};
fn main() {
    thread::spawn(|| print!("rust ")).join().unwrap();
    print!("{}", String::from_utf8(Command::new("echo").arg("works").output().unwrap().stdout).unwrap());
}`
  const quiet = (command: string) => `${command} >log 2>&1 || cat log`
  const cCompiled = `${quiet('gcc -g -o ordinary ordinary.c -pthread')}`
  withPrograms('gcc')('C: threads', async () => {
    put('ordinary.c', cProgram)
    expect((await sandbox.execute(`${cCompiled}; ./ordinary`)).result).toBe('c works\n')
  })

  withPrograms('gcc', 'gdb')('gdb starts a program, stops it at a breakpoint and reads its variables', async () => {
    put('ordinary.c', cProgram)
    const commands = ['break say', 'run', 'printf "seen %s\\n", (char *)text', 'kill'].map((line) => `-ex '${line}'`)
    const { result } = await sandbox.execute(`${cCompiled}; gdb -q -batch ${commands.join(' ')} ./ordinary 2>&1`, {
      timeout: 50,
    })
    expect(result).toContain('\nseen c \n')
    // The program's addresses are the same each time, as gdb promises.
    expect(result).not.toContain('rror disabling address space randomization')
  })

  withPrograms('gcc', 'strace')('strace starts a program and follows its children and threads', async () => {
    put('ordinary.c', cProgram)
    const traced = "strace -f -o trace sh -c './ordinary & wait' && grep -c 'write(1, \"c works' trace"
    expect((await sandbox.execute(`${cCompiled}; ${traced}`, { timeout: 50 })).result).toBe('c works\n1\n')
  })

  withPrograms('strace')('attaching to a running process is refused with a sentence that says so', async () => {
    const { result } = await sandbox.execute('sleep 60 & strace -p $! 2>&1; kill $!')
    expect(result).toContain('Operation not permitted')
  })

  const go = findProgram('go')
  test.runIf(go?.startsWith('/usr/'))(
    'Go: its own compiler, threads, children',
    async () => {
      put('ordinary.go', goProgram)
      // The first build compiles the standard library.
      const build = quiet(`${go} build -o go-program ordinary.go`)
      expect((await sandbox.execute(`${build}; ./go-program`, { timeout: 170 })).result).toBe('go works\n')
    },
    180_000,
  )

  withPrograms('java')('Java: threads and children', async () => {
    put('Ordinary.java', javaProgram)
    expect((await sandbox.execute('java Ordinary.java 2>&1')).result).toBe('java works\n')
  })

  const rustc = findProgram('rustc')
  test.runIf(rustc)('Rust: threads and children', async () => {
    put('ordinary.rs', rustProgram)
    const { home } = sandbox.folder
    // The compiler may be in a home folder of the host, which sandboxes do not see.
    execFileSync(rustc ?? '', ['-o', path.join(home, 'rust-program'), path.join(home, 'ordinary.rs')])
    expect((await sandbox.execute('./rust-program')).result).toBe('rust works\n')
  })

  const browser = findBrowser()
  test.runIf(browser?.startsWith('/usr/'))('Chromium without its own sandbox renders pages', async () => {
    const page = 'data:text/html,<p id=x></p><script>x.textContent=6*7</script>'
    const { result } = await sandbox.execute(
      `${browser} --headless --no-sandbox --disable-gpu --dump-dom '${page}' 2>&1`,
      { timeout: 50 },
    )
    expect(result).toContain('<p id="x">42</p>')
  })
})

/** `npm test` installs the debuggers; compilers are used if the machine has them. */
function withPrograms(...names: readonly string[]) {
  return test.runIf(names.every((name) => findProgram(name)))
}
