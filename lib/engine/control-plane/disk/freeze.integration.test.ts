import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from '../../isolation/host-process'
import type { SandboxFolder } from '../../isolation/isolation'
import { isFrozen, resumeStopped } from '../../isolation/process-signs'
import { writeRuntimeNote } from '../../isolation/runtime-note'
import { readStatFields } from '../../linux/process-table'
import { eventually } from '../../test/toolbox-fixture'
import { releaseFrozen, whileFrozen } from './freeze'
import { processesOfSandbox } from './sandbox-processes'

let folder: SandboxFolder
let init: ChildProcess

beforeEach(() => {
  const root = mkdtempSync(path.join(tmpdir(), 'sandglass-freeze-'))
  folder = { path: root, home: root, tmp: root, state: root, etc: root }
})
afterEach(async () => {
  // Freeze first, so that none can start another process meanwhile.
  await whileFrozen(folder, async () => {
    for (const { pid } of processesOfSandbox(folder)?.others ?? []) {
      if (letter(pid) !== 'Z') process.kill(pid, 'SIGKILL')
    }
  })
  if (init.exitCode === null && init.signalCode === null) await once(init, 'exit')
  rmSync(folder.path, { recursive: true })
})

/** A process tree in place of a sandbox, with the shell as init. Resolves with the pids that the script prints. */
async function startTree(script: string): Promise<number[]> {
  init = spawn('bash', ['-c', `${script}; echo; wait`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const main = identify(init.pid ?? 0)
  if (!main || !init.stdout) throw new Error('the shell exited at once')
  const none = { outer: null, toolbox: null, helper: null, group: null }
  const report = {
    kind: 'bubblewrap' as const,
    network: 'private' as const,
    networkPolicy: { kind: 'all' as const, allowList: [] },
    warnings: [],
    limits: {
      by: 'none' as const,
      memory: 'none' as const,
      cpu: 'none' as const,
      processes: null,
      disk: 'none' as const,
      message: '',
    },
  }
  writeRuntimeNote(folder, { sandboxId: 'x', report, main, networkPolicy: report.networkPolicy, ...none })
  let text = ''
  for await (const chunk of init.stdout) {
    text += String(chunk)
    if (text.endsWith('\n')) break
  }
  return text.trim().split(' ').map(Number)
}

const letter = (pid: number) => readStatFields(pid)?.fields[0]

test('everything is frozen, including the init, and processes that were stopped before stay stopped', async () => {
  const [sleeper = 0, stopped = 0] = await startTree(
    'sleep 300 >&- & a=$!; sleep 300 >&- & kill -STOP $!; echo -n $a $!',
  )
  const main = identify(init.pid ?? 0)
  if (!main) throw new Error('no init')
  await eventually('one is stopped', () => letter(stopped) === 'T')
  const during = await whileFrozen(folder, async () => ({
    letters: [main.pid, sleeper, stopped].map(letter),
    isFrozen: isFrozen(main),
    // As the heartbeat does.
    resumed: resumeStopped([main]),
    marker: existsSync(path.join(folder.path, 'frozen')),
  }))
  expect(during).toEqual({ letters: ['T', 'T', 'T'], isFrozen: true, resumed: [], marker: true })
  await eventually('the others continue', () => [main.pid, sleeper].every((pid) => letter(pid) === 'S'))
  expect([letter(stopped), isFrozen(main), existsSync(path.join(folder.path, 'frozen'))]).toEqual(['T', false, false])
})

test('freezes programs that resume each other and fork', async () => {
  const resumeAll = 'while :; do kill -CONT -$g; sleep 0 & done 2>&-'
  await startTree(`set -m; (g=$BASHPID; (${resumeAll}) & (${resumeAll}) & ${resumeAll}) >&- & echo -n $!`)
  const count = () => (processesOfSandbox(folder)?.others ?? []).map(({ pid }) => `${pid} ${letter(pid)}`)
  await eventually('they run', () => count().length > 3)
  const during = await whileFrozen(folder, async () => [count(), count()])
  expect(during?.[0]).toEqual(during?.[1])
  expect(during?.[0]?.filter((each) => !/ [TZ]$/.test(each))).toEqual([])
})

test('resumes everything when the work fails', async () => {
  const [sleeper = 0] = await startTree('sleep 300 >&- & echo -n $!')
  await expect(whileFrozen(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await eventually('the sleeper continues', () => letter(sleeper) === 'S' && letter(init.pid ?? 0) === 'S')
})

test('resumes what an earlier engine froze before it was killed', async () => {
  const [sleeper = 0] = await startTree('sleep 300 >&- & echo -n $!')
  process.kill(sleeper, 'SIGSTOP')
  await eventually('it is stopped', () => letter(sleeper) === 'T')
  releaseFrozen(folder)
  expect(letter(sleeper)).toBe('T')
  writeFileSync(path.join(folder.path, 'frozen'), '')
  releaseFrozen(folder)
  await eventually('the sleeper continues', () => letter(sleeper) === 'S')
  expect(existsSync(path.join(folder.path, 'frozen'))).toBe(false)
})
