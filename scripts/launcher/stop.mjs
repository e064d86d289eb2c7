import { PlainError } from '../errors.mjs'
import { signalProcess, stillRunning } from './host-process.mjs'
import { endSandboxes } from './leftovers.mjs'
import { holdersOf, removeVoidLock, stopTimeoutMs } from './lock.mjs'
import { say, warn } from './say.mjs'
import { readSettings } from './settings.mjs'

/**
 * End what runs with the data directory: through its launcher, or one by one when the launcher was killed. Sandboxes that
 * survived their engine are ended too.
 */
async function stop() {
  const { dataDir } = await readSettings()
  const { launcher, programs } = holdersOf(dataDir)
  const all = launcher === null ? programs : [launcher, ...programs]
  // The launcher ends its programs in order.
  for (const target of launcher === null ? programs : [launcher]) signalProcess(target, 'SIGTERM')
  const stubborn = await stillRunning(all, stopTimeoutMs)
  for (const target of stubborn) signalProcess(target, 'SIGKILL')
  await stillRunning(stubborn, stopTimeoutMs)
  const sandboxProcesses = await endSandboxes(dataDir)
  removeVoidLock(dataDir)
  if (all.length > 0) say(`Stopped (process ${all.map(({ pid }) => pid).join(', ')}).`)
  else if (sandboxProcesses > 0) say('Ended the sandboxes of an engine that was killed.')
  else say(`Nothing runs with the data directory ${dataDir}.`)
}

try {
  await stop()
} catch (error) {
  if (!(error instanceof PlainError)) throw error
  for (const sentence of error.message.split('\n')) warn(sentence)
  process.exitCode = 1
}
