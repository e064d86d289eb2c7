import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDetail, RunPage } from '@/lib/process-api/extensions'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

/** Sleep durations that identify the processes of this test run; the last digit distinguishes them. */
const nap = 10 * (1_000_000 + Math.floor(Math.random() * 1_000_000))

beforeAll(async () => {
  toolbox = await startToolbox({ env: { FROM_SANDBOX: 'yes' } })
})
afterAll(async () => {
  await toolbox.stop()
})

async function execute(command: string, rest: Record<string, unknown> = {}): Promise<ExecuteResponse> {
  const answer = await toolbox.post('/process/execute', { command, ...rest })
  expect(answer.status).toBe(200)
  return answer.json()
}

async function lastRun(): Promise<RunDetail> {
  const page = (await toolbox.request('/process/run?limit=1')).json<RunPage>()
  return (await toolbox.request(`/process/run/${page.runs[0]?.id}`)).json()
}

/** Command lines of live processes that contain `text`. */
function running(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(text))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

describe('output and exit code', () => {
  test('the output is exact', async () => {
    expect(await execute('echo hi')).toEqual({ exitCode: 0, result: 'hi\n' })
    expect(await execute('printf abc')).toEqual({ exitCode: 0, result: 'abc' })
    expect(await execute('true')).toEqual({ exitCode: 0, result: '' })
  })

  test.each([
    ['exit 42', 42],
    ['(exit 7)', 7],
    ["sh -c 'kill -9 $$'", 137],
    ["sh -c 'kill -9 $$'; exit $?", 137],
    ['kill -9 $$', 137],
    ['kill -TERM $$', 143],
    ['no-such-command-anywhere', 127],
    ['touch plain && ./plain', 126],
    ['if', 2],
  ])('%s ends with %i', async (command, exitCode) => {
    expect((await execute(command)).exitCode).toBe(exitCode)
  })

  test('a shell that was killed by a signal has the name of the signal in its record', async () => {
    await execute('kill -9 $$')
    expect(await lastRun()).toMatchObject({ state: 'killed', exitCode: 137, signal: 'SIGKILL', reason: 'signalled' })
  })

  test('stdout and stderr arrive in the order in which they were written', async () => {
    const { result } = await execute('for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done')
    expect(result).toBe([1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `o${i}\ne${i}\n`).join(''))
  })

  test('a character whose bytes arrive in two writes is decoded as one', async () => {
    const script = `import os,time; os.write(1,b'x \\xe2'); time.sleep(.05); os.write(1,b'\\x80\\x94 y\\n')`
    expect((await execute(`python3 -c "${script}"`)).result).toBe('x — y\n')
  })

  test('only bytes that are not UTF-8 become U+FFFD', async () => {
    expect((await execute(String.raw`printf 'a\xffb\0c\x01\x01\x01\xef\xbb\xbfd\xe2'`)).result).toBe(
      'a\uFFFDb\0c\x01\x01\x01\uFEFFd\uFFFD',
    )
  })

  test('200 KiB of command, and a heredoc', async () => {
    const long = `x=${'y'.repeat(200 * 1024)}\necho \${#x}`
    expect((await execute(long)).result).toBe(`${200 * 1024}\n`)
    expect((await execute('cat <<EOF\none\n$((1+1))\nEOF\necho three')).result).toBe('one\n2\nthree\n')
    expect((await execute('-x')).exitCode).toBe(127)
  })

  test('a command of 12 MB runs completely', async () => {
    const answer = await toolbox.post('/process/execute', {
      command: `cat <<'EOF' | wc -c\n${'z'.repeat(12_000_000)}\nEOF`,
    })
    expect(answer.json()).toEqual({ exitCode: 0, result: '12000001\n' })
  })

  test('standard input is at end-of-file and does not eat the script', async () => {
    expect((await execute('cat; echo after')).result).toBe('after\n')
    expect((await execute('read x; echo "x is: $x"; echo tail')).result).toBe('x is: \ntail\n')
    expect((await execute('readlink /proc/self/fd/0')).result).toBe('/dev/null\n')
  })

  test('the standard streams are real pipes', async () => {
    expect((await execute('echo x > /dev/stderr; echo y | tee /dev/stdout')).result).toBe('x\ny\ny\n')
    expect((await execute('stat -L -c %F /dev/stdout')).result).toBe('fifo\n')
  })

  test('20,000 bytes right before the end always arrive', async () => {
    for (let i = 0; i < 40; i += 1) {
      const { exitCode, result } = await execute(`head -c 20000 /dev/zero | tr '\\0' x; exit 3`)
      expect([exitCode, result.length]).toEqual([3, 20_000])
    }
  })
})

describe('a command is not found by its own words', () => {
  test.each([
    ['pkill -f', (word: string) => `pkill -f ${word} || true; echo ok`],
    ['pkill -f, first of a list', (word: string) => `pkill -f ${word} && echo killed; echo ok`],
    ['pgrep', (word: string) => `echo $(pgrep -cf ${word}); echo ok`],
    ['ps and grep', (word: string) => `ps axww -o args | grep -c "[${word.charAt(0)}]${word.slice(1)}"; echo ok`],
    ['several lines', (word: string) => `pkill -f ${word}\necho ok`],
    ['a list in parentheses', (word: string) => `(pkill -f ${word}; echo ok)`],
  ])('%s', async (_, command) => {
    const { exitCode, result } = await execute(command(`word-${nap}-server.js`))
    expect([exitCode, result]).toEqual([0, expect.stringMatching(/^(0\n)?ok\n$/)])
  })

  test('what it kills is what it names', async () => {
    const script = `(exec -a word-${nap}-victim sleep 71031) & for i in $(seq 200); do pgrep -f word-${nap}-victim >/dev/null && break; sleep 0.02; done; pkill -f word-${nap}-victim; wait $!; echo $?`
    expect(await execute(script)).toEqual({ exitCode: 0, result: expect.stringMatching(/(^|\n)143\n$/) })
  })

  test('and it has no variable for it', async () => {
    expect(await execute('env | grep -c SANDGLASS_SHELL_COMMAND; true')).toEqual({ exitCode: 0, result: '0\n' })
    expect(await execute('true; echo "[$REPLY]"; env | grep -c ^REPLY=', { envs: { REPLY: 'mine' } })).toEqual({
      exitCode: 0,
      result: '[mine]\n1\n',
    })
    expect(await execute('-x 2>/dev/null; echo $0 $#')).toEqual({
      exitCode: 0,
      result: expect.stringMatching(/^\S*sh 0\n$/),
    })
  })
})

describe('folder and environment', () => {
  test('the working directory, absolute, relative, or the default', async () => {
    expect((await execute('pwd')).result).toBe(`${toolbox.homeDir}\n`)
    expect((await execute('pwd', { cwd: '' })).result).toBe(`${toolbox.homeDir}\n`)
    expect((await execute('pwd', { cwd: '/tmp' })).result).toBe('/tmp\n')
    await execute('mkdir -p inner')
    expect((await execute('pwd', { cwd: 'inner' })).result).toBe(`${toolbox.homeDir}/inner\n`)
  })

  test('a missing working directory is reported with 200, exit code -1 and the reason', async () => {
    expect(await execute('pwd', { cwd: '/no/such/folder' })).toEqual({
      exitCode: -1,
      result: 'The working directory /no/such/folder does not exist.',
    })
    expect(await lastRun()).toMatchObject({ state: 'failed', exitCode: null, reason: 'spawn-failed' })
    writeFileSync(path.join(toolbox.homeDir, 'file'), '')
    expect((await execute('pwd', { cwd: 'file' })).result).toMatch(/is not a folder/)
  })

  test('variables of the request override those of the sandbox, and none come from the host', async () => {
    expect((await execute('printf %s "$A"', { envs: { A: 'x y' } })).result).toBe('x y')
    expect((await execute('echo $FROM_SANDBOX')).result).toBe('yes\n')
    expect((await execute('echo $FROM_SANDBOX', { envs: { FROM_SANDBOX: 'no' } })).result).toBe('no\n')
    const { result } = await execute('env')
    expect(result).not.toMatch(/SECRET_OF_THE_HOST|SANDGLASS_TOOLBOX/)
    expect(result).toMatch(/^LANG=C\.UTF-8$/m)
  })

  test.each(['1A', 'A-B', '', 'A=B', 'Ä'])('the variable name %j is rejected', async (name) => {
    const answer = await toolbox.post('/process/execute', { command: 'true', envs: { [name]: 'x' } })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      code: 'BAD_REQUEST',
      message: `bad request: invalid environment variable name: '${name}'`,
    })
  })

  test('a child inherits no descriptor of the toolbox', async () => {
    const { result } = await execute('ls /proc/self/fd | sort -n | tr "\\n" " "')
    expect(result).toBe('0 1 2 3 ')
  })
})

describe('timeout', () => {
  test('ends the whole tree and responds in time with the output so far', async () => {
    const begun = performance.now()
    const answer = await toolbox.post('/process/execute', {
      command: `echo a; (setsid sleep ${nap} &) ; python3 -c "import os,time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0: time.sleep(${nap})" ; trap "" TERM; sleep ${nap}; sleep ${nap}`,
      timeout: 2,
    })
    const took = performance.now() - begun
    expect(answer.status).toBe(408)
    expect(answer.json()).toMatchObject({
      statusCode: 408,
      code: 'PROCESS_EXECUTION_TIMEOUT',
      source: 'DAYTONA_DAEMON',
      message: 'request timeout: command execution timeout',
      path: '/process/execute',
      output: 'a\n',
    })
    expect(took).toBeGreaterThan(1990)
    expect(took).toBeLessThan(20_000)
    expect(running(String(nap))).toEqual([])
    expect(await lastRun()).toMatchObject({ state: 'timed-out', reason: 'timeout', survivors: [] })
  })

  test('a process that keeps forking cannot outrun it', async () => {
    // The program stops by itself, so that an interrupted test run does not leave it behind.
    const fork =
      'import os,time\nend = time.time() + 20\nwhile time.time() < end:\n if os.fork() == 0: os.setsid()\n else: time.sleep(0.002); os._exit(0)'
    const answer = await toolbox.post('/process/execute', {
      command: `python3 -c '${fork}' fork-${nap + 1} & sleep ${nap + 1}`,
      timeout: 1,
    })
    expect(answer.status).toBe(408)
    expect(running(String(nap + 1))).toEqual([])
  })

  test('0, null or no value means no timeout', async () => {
    for (const timeout of [0, null, undefined])
      expect((await execute('sleep 0.05; echo x', { timeout })).exitCode).toBe(0)
    expect((await execute('echo x', { timeout: 4_294_967_295 })).result).toBe('x\n')
  })

  test.each([-1, 1.5, '1', 4_294_967_296, true])('%j is not a timeout', async (timeout) => {
    const answer = await toolbox.post('/process/execute', { command: 'true', timeout })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'BAD_REQUEST' })
  })
})

describe('processes that outlive the command', () => {
  test.each([
    `sleep ${nap + 2} & echo hi`,
    `setsid sleep ${nap + 2} & echo hi`,
    `nohup sleep ${nap + 2} & echo hi`,
    `( sleep ${nap + 2} ) & disown; echo hi`,
    `sleep ${nap + 2} >/dev/null 2>&1 & echo hi`,
    `(setsid sleep ${nap + 2} &); echo hi`,
  ])('%s returns immediately, and the surviving process is listed and can be killed', async (command) => {
    const begun = performance.now()
    const { exitCode, result } = await execute(command, { timeout: 10 })
    expect(performance.now() - begun).toBeLessThan(20_000)
    expect(exitCode).toBe(0)
    expect(result.replace(/^nohup: .*\n/, '')).toBe('hi\n')
    const run = await lastRun()
    expect(run.state).toBe('succeeded')
    expect(run.survivors.some((survivor) => survivor.command.includes(`sleep ${nap + 2}`))).toBe(true)
    expect((await toolbox.post(`/process/run/${run.id}/stop`, undefined)).status).toBe(204)
    expect(running(String(nap + 2))).toEqual([])
    expect(await lastRun()).toMatchObject({ state: 'succeeded', survivors: [] })
  })

  test('later output of a surviving process is in the journal', async () => {
    const { result } = await execute('(sleep 0.6; echo later) & echo now')
    expect(result).toBe('now\n')
    const run = await lastRun()
    await eventually('the journal has it all', async () => {
      const { text } = await toolbox.request(`/process/run/${run.id}/journal/download`)
      return text === 'now\nlater\n'
    })
  })
})

describe('requests', () => {
  test.each([
    [{}, "bad request: invalid request body: Key: 'ExecuteRequest.Command' Error:"],
    [{ command: '' }, "bad request: invalid request body: Key: 'ExecuteRequest.Command' Error:"],
    [{ command: null }, "bad request: invalid request body: Key: 'ExecuteRequest.Command' Error:"],
    [{ command: ' \n\t' }, 'bad request: command cannot be empty or whitespace-only'],
    [{ command: 7 }, 'bad request: invalid request body: command: '],
    ['{', 'bad request: invalid request body: not valid JSON'],
    ['[]', 'bad request: invalid request body: the body must be a JSON object'],
    ['', 'bad request: invalid request body: EOF'],
    [{ command: 'true', envs: { A: 1 } }, 'bad request: invalid request body: envs.A: '],
    [{ command: 'a\0b' }, 'bad request: the command contains a NUL character'],
    [{ command: 'true', cwd: '/tmp\0' }, 'bad request: the working directory contains a NUL character'],
    [{ command: 'true', envs: { A: '\0' } }, "bad request: the environment variable 'A' contains a NUL character"],
  ])('%j is rejected with the message of the contract', async (body, message) => {
    const answer = await toolbox.post('/process/execute', body)
    expect(answer.status).toBe(400)
    const envelope = answer.json<Record<string, string>>()
    expect(envelope).toMatchObject({ statusCode: 400, code: 'BAD_REQUEST', path: '/process/execute', method: 'POST' })
    expect(envelope.message?.startsWith(message)).toBe(true)
  })

  test('keys in any case, unknown keys and any content type are accepted', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await toolbox.post('/process/execute', { COMMAND: 'echo hi', future: [1] }, headers)
    expect(answer.json()).toEqual({ exitCode: 0, result: 'hi\n' })
  })

  test('a client that disconnects does not end the command, and the run has the result', async () => {
    const leave = new AbortController()
    const request = toolbox.request('/process/execute', {
      method: 'POST',
      body: { command: 'sleep 0.5; echo done' },
      signal: leave.signal,
    })
    await eventually('it runs', async () => (await lastRun()).state === 'running')
    leave.abort()
    await expect(request).rejects.toThrow()
    const run = await lastRun()
    expect(run.command).toBe('sleep 0.5; echo done')
    const ended = await eventually('it ends', async () => {
      const now = await lastRun()
      return now.state === 'running' ? null : now
    })
    expect(ended).toMatchObject({ state: 'succeeded', exitCode: 0 })
    expect((await toolbox.request(`/process/run/${run.id}/journal/download`)).text).toBe('done\n')
  })

  test('a command that the system rejects is reported as such', async () => {
    const { exitCode, result } = await execute('true', { envs: { BIG: 'x'.repeat(3_000_000) } })
    expect(exitCode).toBe(-1)
    expect(result).toBe('The arguments and the environment are too long for the system.')
  })
})

test('100 MB of output arrive completely', async () => {
  const answer = await toolbox.post('/process/execute', { command: `head -c 100000000 /dev/zero | tr '\\0' x` })
  const { exitCode, result } = answer.json<ExecuteResponse>()
  expect(exitCode).toBe(0)
  expect(result.length).toBe(100_000_000)
  expect(/^x+$/.test(result)).toBe(true)
})
