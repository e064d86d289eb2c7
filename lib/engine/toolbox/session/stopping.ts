/**
 * Ending a running command without ending its session. Its processes can be killed, but the shell itself would then
 * continue with the next line of the command, so it must give the command up first.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type FindMembers, killMembers } from '../../linux/kill-tree'
import type { SessionShell } from './shell'

/** Most programs exit after an interrupt alone, as at a terminal. */
const interruptTimeoutMs = 150
/** Between SIGTERM and SIGKILL. */
const termTimeoutMs = 300
const rounds = 3
const roundTimeoutMs = 50
/** A shell that is able to give up gets more rounds, each twice as long: on a busy machine it may not have run yet. */
const roundsToGiveUp = 5
const shellTermTimeoutMs = 200

const yieldMessage = 'The shell did not give up the command and was killed, so its session has ended.'

/**
 * Resolves when the command has ended or its shell was killed.
 * @param members the live processes of the command, without the shell
 * @param ended resolves when the command has ended
 */
export async function stopCommand(shell: SessionShell, members: FindMembers, ended: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = ended.then(() => {
    isOver = true
  })
  const within = (ms: number) => {
    const timer = new AbortController()
    const late = sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)
    return Promise.race([over, late]).finally(() => timer.abort())
  }
  const giveUp = () => {
    const isAble = shell.giveUp()
    if (!isAble) shell.interrupt()
    return isAble
  }
  shell.signal('SIGCONT')
  await shell.started()
  // Listed first: to give up, the shell signals itself from a subshell, which is not part of the command.
  const started = members()
  giveUp()
  shell.interruptMembers(started)
  await within(interruptTimeoutMs)
  let isAble = true
  for (let round = 0; round < (isAble ? roundsToGiveUp : rounds) && !isOver; round += 1) {
    // While it is stopped the shell starts nothing new.
    shell.signal('SIGSTOP')
    isAble = giveUp()
    await killMembers(members, round === 0 ? termTimeoutMs : 0)
    shell.signal('SIGCONT')
    await within(isAble ? roundTimeoutMs * 2 ** round : roundTimeoutMs)
  }
  if (isOver) return
  shell.end('SIGTERM', yieldMessage)
  await within(shellTermTimeoutMs)
  if (!isOver) shell.end('SIGKILL', yieldMessage)
}
