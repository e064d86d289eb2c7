import type { Attack } from '../attack'

interface Answer {
  got: Record<string, string>
  read: string[]
}

/** On the machine's own network, its abstract socket names are visible. */
const ofSharedNetwork = /^socket @/
/**
 * Without setpriv, a sandbox of root has the user id that owns protected files. Access still ends at the sandbox's own first
 * process: see the limits in docs/security/tests.md.
 */
const ofSameUser = /^(list (fd|task\/\d+\/fd)|open \w+) of process \d+ \(\/opt\/sandglass-hand\)/

export const kernelSurface: Attack = {
  name: 'kernel-surface',
  lines: [7],
  isForPlainProcesses: false,
  description:
    'inspects every process and descriptor, and tries keys, traces, namespaces, mounts, devices and rare system calls',

  async run(world) {
    const sandbox = await world.sandbox()
    for (const how of ['command', 'session', 'PTY', 'context'] as const) {
      const text = await attackFrom(how, sandbox)
      const { got } = parse(text)
      for (const [what, result] of Object.entries(got)) {
        if (world.network === 'shared' && ofSharedNetwork.test(what)) continue
        if (world.setup.without.includes('setpriv') && ofSameUser.test(what)) continue
        world.breach(`${what}: ${result}`)
      }
      if (how === 'command' && world.isBroken()) return
    }
  },
}

type Sandbox = Awaited<ReturnType<Parameters<Attack['run']>[0]['sandbox']>>

/** Each way of running a program passes different descriptors. */
async function attackFrom(how: 'command' | 'session' | 'PTY' | 'context', sandbox: Sandbox): Promise<string> {
  const command = 'python3 /home/daytona/kernel_surface.py > /tmp/found.json 2> /tmp/found.log; echo fin""ished'
  await sandbox.bring('kernel_surface.py')
  await sandbox.run('rm -f /tmp/found.json')
  if (how === 'command') await sandbox.run(command, 90_000)
  if (how === 'session') {
    await sandbox.ask('POST', '/process/session', { sessionId: 'surface' })
    await sandbox.ask('POST', '/process/session/surface/exec', { command }, 90_000)
  }
  if (how === 'PTY') {
    await sandbox.ask('POST', '/process/pty', { id: 'surface' })
    await sandbox.converse('/process/pty/surface/connect', [`${command}\n`], 90_000, /finished/)
  }
  if (how === 'context') {
    const { id } = (await sandbox.ask('POST', '/process/interpreter/context', {})).json<{ id: string }>()
    const code = `import os; os.system(${JSON.stringify(command)})`
    await sandbox.converse(
      '/process/interpreter/execute',
      [JSON.stringify({ code, contextId: id })],
      90_000,
      /finished/,
    )
  }
  return (await sandbox.run('cat /tmp/found.json || cat /tmp/found.log')).result
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`the attack inside failed: ${text.slice(-1_000)}`, { cause: error })
  }
}
