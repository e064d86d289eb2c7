/** A program of the sandbox starves and kills the supervisors of others, to make their exit statuses disappear. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

/** Kills each victim, and its supervisor while that has not had time to reap it. */
const attacker = `import os
def stat(pid):
    try:
        fields = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
        return fields[0], int(fields[1])
    except OSError:
        return None, 0
def command(pid):
    try:
        return open(f'/proc/{pid}/cmdline').read()
    except OSError:
        return ''
cpus = sorted(os.sched_getaffinity(0))
busy = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, {cpus[0]})
        while os.getppid() != 1 and not os.path.exists('/tmp/over'): pass
        os._exit(0)
    busy.append(pid)
os.sched_setaffinity(0, {cpus[-1]})
done = set()
print('ready', flush=True)
while not os.path.exists('/tmp/over'):
    for name in filter(str.isdigit, os.listdir('/proc')):
        pid = int(name)
        if pid in done or not command(pid).startswith('sleep\\x0012345'): continue
        done.add(pid)
        supervisor = stat(pid)[1]
        os.sched_setaffinity(supervisor, {cpus[0]})
        os.sched_setaffinity(pid, {cpus[-1]})
        os.sched_setscheduler(supervisor, os.SCHED_IDLE, os.sched_param(0))
        os.kill(pid, 9)
        while stat(pid)[0] not in ('Z', None): pass
        os.kill(supervisor, 9)
`

test('every call gets a response, and none says that a killed program succeeded', async () => {
  const { id } = await engine.createSandbox()
  const execute = async (command: string) =>
    (await engine.toolbox(id, 'POST', '/process/execute', { command, timeout: 30 })).json<ExecuteResponse>()
  await execute(`cat > /tmp/attacker.py <<'END'\n${attacker}\nEND`)
  await execute('setsid python3 /tmp/attacker.py > /tmp/attacker.log 2>&1 < /dev/null &')
  await eventually('the attacker', async () => (await execute('cat /tmp/attacker.log')).result.startsWith('ready'))
  for (let round = 0; round < 10; round += 1) {
    const { exitCode } = await execute('exec sleep 12345')
    expect(exitCode).not.toBe(0)
  }
  expect((await execute('touch /tmp/over; cat /tmp/attacker.log')).result).toBe('ready\n')
}, 120_000)
