import type { Attack } from '../attack'
import type { HostileSandbox } from '../sandbox'
import type { World } from '../world'

/** Time within which the engine must notice that a toolbox no longer responds. */
const noticeTimeoutMs = 40_000

const volleys = [
  ['SIGSTOP', '2'],
  ['SIGSTOP', '1'],
  ['SIGSTOP', '-1'],
  ['SIGSTOP'],
  ['SIGTERM'],
  ['SIGURG'],
  ['SIGHUP', '-1'],
  ['SIGKILL'],
  ['limits', '1'],
  ['limits'],
  ['SIGKILL', '-1'],
] as const

export const signals: Attack = {
  name: 'signals',
  lines: [9],
  isForPlainProcesses: false,
  defaultSetup: 'root',
  description: 'stops and kills every process that it can see or guess, starting with those that serve the sandbox',

  async run(world) {
    for (const volley of volleys) {
      const sandbox = await world.sandbox()
      await sandbox.bring('signals.py')
      // The program may hit the command that starts it, so its response is ignored.
      await sandbox.askOnce('POST', '/process/execute', { command: `python3 ~/signals.py ${volley.join(' ')}` }, 5_000)
      await expectService(world, sandbox, volley.join(' '))
      if (world.isBroken()) return
    }
  },
}

/** The sandbox must work, or report that it does not. */
async function expectService(world: World, sandbox: HostileSandbox, what: string): Promise<void> {
  const deadline = performance.now() + noticeTimeoutMs
  for (;;) {
    const ran = await sandbox.askOnce('POST', '/process/execute', { command: 'echo here' }, 5_000)
    if (ran.status === 200 && ran.json<{ result: string }>().result === 'here\n') return
    const { state } = (await sandbox.control('GET')).json<{ state: string }>()
    if (state !== 'started') {
      // The sandbox has stopped and says so; then it can be restarted.
      const again = await sandbox.control('POST', '/start', undefined, 30_000)
      if (again.status !== 200)
        world.breach(`after ${what} the sandbox is ${state} and a start returns ${again.status}`)
      return
    }
    if (performance.now() > deadline) {
      world.breach(`after ${what} the sandbox claims to be started but returns ${ran.status} ${ran.text.slice(0, 100)}`)
      return
    }
  }
}
