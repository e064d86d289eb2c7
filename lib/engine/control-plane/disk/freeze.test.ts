import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from '../../isolation/host-process'
import type { SandboxFolder } from '../../isolation/isolation'
import { isHeld, resumeStopped } from '../../isolation/process-signs'
import { writeRuntimeNote } from '../../isolation/runtime-note'
import { readStatFields } from '../../linux/process-table'
import { eventually } from '../../test/toolbox-fixture'
import { releaseFrozen, whileFrozen } from './freeze'
import { membersOfSandbox } from './members'

let folder: SandboxFolder
let init: ChildProcess

beforeEach(() => {
  const root = mkdtempSync(path.join(tmpdir(), 'sandglass-freeze-'))
  folder = { path: root, home: root, tmp: root, state: root, etc: root }
})
afterEach(async () => {
  // While they stand still, so that none is started behind the back of this.
  await whileFrozen(folder, async () => {
    for (const { pid } of membersOfSandbox(folder)?.others ?? []) {
      if (letter(pid) !== 'Z') process.kill(pid, 'SIGKILL')
    }
  })
  if (init.exitCode === null && init.signalCode === null) await once(init, 'exit')
  rmSync(folder.path, { recursive: true })
})

/** A process tree that stands for a sandbox: the shell is its init. Resolves with the pids that it prints. */
async function begin(script: string): Promise<number[]> {
  init = spawn('bash', ['-c', `${script}; echo; wait`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const main = identify(init.pid ?? 0)
  if (!main || !init.stdout) throw new Error('the shell ended at once')
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

test('nothing runs meanwhile, the init included, and what was stopped before stays stopped', async () => {
  const [sleeper = 0, stopped = 0] = await begin('sleep 300 >&- & a=$!; sleep 300 >&- & kill -STOP $!; echo -n $a $!')
  const main = identify(init.pid ?? 0)
  if (!main) throw new Error('no init')
  await eventually('one is stopped', () => letter(stopped) === 'T')
  const during = await whileFrozen(folder, async () => ({
    letters: [main.pid, sleeper, stopped].map(letter),
    isHeld: isHeld(main),
    // As the heartbeat would.
    resumed: resumeStopped([main]),
    marker: existsSync(path.join(folder.path, 'frozen')),
  }))
  expect(during).toEqual({ letters: ['T', 'T', 'T'], isHeld: true, resumed: [], marker: true })
  await eventually('the others go on', () => [main.pid, sleeper].every((pid) => letter(pid) === 'S'))
  expect([letter(stopped), isHeld(main), existsSync(path.join(folder.path, 'frozen'))]).toEqual(['T', false, false])
})

test('programs that resume each other and start more are stopped all the same', async () => {
  const resumeAll = 'while :; do kill -CONT -$g; sleep 0 & done 2>&-'
  await begin(`set -m; (g=$BASHPID; (${resumeAll}) & (${resumeAll}) & ${resumeAll}) >&- & echo -n $!`)
  const count = () => (membersOfSandbox(folder)?.others ?? []).map(({ pid }) => `${pid} ${letter(pid)}`)
  await eventually('they run', () => count().length > 3)
  const during = await whileFrozen(folder, async () => [count(), count()])
  expect(during?.[0]).toEqual(during?.[1])
  expect(during?.[0]?.filter((each) => !/ [TZ]$/.test(each))).toEqual([])
})

test('a failure of the work resumes everything', async () => {
  const [sleeper = 0] = await begin('sleep 300 >&- & echo -n $!')
  await expect(whileFrozen(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await eventually('it goes on', () => letter(sleeper) === 'S' && letter(init.pid ?? 0) === 'S')
})

test('what an engine stopped that was killed meanwhile is resumed by the next one', async () => {
  const [sleeper = 0] = await begin('sleep 300 >&- & echo -n $!')
  process.kill(sleeper, 'SIGSTOP')
  await eventually('it is stopped', () => letter(sleeper) === 'T')
  releaseFrozen(folder)
  expect(letter(sleeper)).toBe('T')
  writeFileSync(path.join(folder.path, 'frozen'), '')
  releaseFrozen(folder)
  await eventually('it goes on', () => letter(sleeper) === 'S')
  expect(existsSync(path.join(folder.path, 'frozen'))).toBe(false)
})
