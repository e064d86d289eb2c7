/** PTYs as a plain SDK client uses them: sections 2.4 and 5.1, checks 62 to 73, and pain 9. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { open, type PtyClient } from './pty-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
let made = 0

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})
afterEach(async () => {
  const { sessions } = (await toolbox.request('/process/pty')).json<{ sessions: Array<{ id: string }> }>()
  for (const { id } of sessions) await toolbox.request(`/process/pty/${id}`, { method: 'DELETE' })
})

const freshId = () => `pty-${++made}`
const exitControl = 'X-Daytona-Pty-Exit-Control'

/** A new PTY with one client and its first prompt. */
async function shell(options: { protocols?: string[]; query?: string } = {}): Promise<PtyClient & { id: string }> {
  const id = freshId()
  const client = await open(toolbox, `create-connect?id=${id}&cols=80&rows=24`, options)
  await client.shows(/[$#] /)
  return Object.assign(client, { id })
}

async function create(body: Record<string, unknown>) {
  const response = await toolbox.post('/process/pty', body)
  return { status: response.status, body: response.json<Record<string, unknown>>() }
}

async function info(id: string) {
  const response = await toolbox.request(`/process/pty/${id}`)
  return { status: response.status, body: response.json<Record<string, unknown>>() }
}

async function resize(id: string, body: unknown) {
  const response = await toolbox.post(`/process/pty/${id}/resize`, body)
  return { status: response.status, body: response.json<Record<string, unknown>>() }
}

describe('PTYs over REST', () => {
  it('creates one with the defaults and returns its details', async () => {
    expect(await create({ id: 'p' })).toEqual({ status: 201, body: { sessionId: 'p' } })
    const { status, body } = await info('p')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: 'p',
      cwd: toolbox.homeDir,
      envs: { TERM: 'xterm-256color' },
      cols: 80,
      rows: 24,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      active: true,
      lazyStart: false,
    })
    const { sessions } = (await toolbox.request('/process/pty')).json<{ sessions: Array<{ id: string }> }>()
    expect(sessions.map((it) => it.id)).toEqual(['p'])
    const again = await create({ id: 'p' })
    expect(again.status).toBe(409)
    expect(again.body).toMatchObject({
      error: "PTY session with ID 'p' already exists",
      statusCode: 409,
      code: 'CONFLICT',
      message: "conflict: PTY session with ID 'p' already exists",
      source: 'DAYTONA_DAEMON',
    })
  })

  it('rejects invalid requests with the reference’s messages', async () => {
    const errorOf = async (body: unknown) => {
      const response = await toolbox.post('/process/pty', body)
      return [response.status, response.json<{ error: string }>().error]
    }
    expect(await errorOf({})).toEqual([400, 'session ID is required'])
    expect(await errorOf({ id: '' })).toEqual([400, 'session ID is required'])
    expect(await errorOf({ id: 'x', cols: 1001 })).toEqual([400, 'invalid value for cols - must be less than 1000'])
    expect(await errorOf({ id: 'x', rows: 1001 })).toEqual([400, 'invalid value for rows - must be less than 1000'])
    expect((await errorOf({ id: 'x', cols: -1 }))[0]).toBe(400)
    expect((await errorOf({ id: 'x', cols: 70_000 }))[0]).toBe(400)
    expect((await errorOf({ id: 'x', envs: { 'A=B': 'c' } }))[0]).toBe(400)
    expect((await errorOf({ id: '../x' }))[0]).toBe(400)
    expect((await errorOf({ id: 'create-connect' }))[0]).toBe(400)
    expect((await errorOf('{'))[0]).toBe(400)
    const [status, error] = await errorOf({ id: 'x', cwd: '/no/such/folder' })
    expect(status).toBe(400)
    expect(error).toMatch(/^failed to start PTY session: .*\/no\/such\/folder does not exist/)
    expect(await create({ id: 'wide', cols: 1000, rows: 1000 })).toMatchObject({ status: 201 })
    expect((await info('unknown')).body).toMatchObject({ error: 'PTY session not found', statusCode: 404 })
    expect((await toolbox.request('/process/pty/unknown', { method: 'DELETE' })).status).toBe(404)
    expect((await toolbox.request('/process/pty/p/connect')).status).toBe(400)
    expect((await toolbox.request('/process/pty/create-connect?id=x')).status).toBe(400)
  })

  it('resizes only a running one', async () => {
    const client = await shell()
    expect(await resize(client.id, { cols: 100, rows: 30 })).toMatchObject({
      status: 200,
      body: { cols: 100, rows: 30 },
    })
    client.send('stty size\n')
    await client.shows('30 100')
    expect(await resize('unknown', { cols: 100, rows: 30 })).toMatchObject({
      status: 410,
      body: { error: 'PTY session unknown not found' },
    })
    expect(await resize(client.id, { cols: 1001, rows: 30 })).toMatchObject({
      status: 400,
      body: { error: 'cols must be less than 1000' },
    })
    expect((await resize(client.id, { cols: 0, rows: 30 })).status).toBe(400)
    expect((await resize(client.id, { cols: 1.5, rows: 30 })).status).toBe(400)
    expect((await resize(client.id, {})).status).toBe(400)
    await create({ id: 'lazy', lazyStart: true })
    expect(await resize('lazy', { cols: 100, rows: 30 })).toMatchObject({
      status: 500,
      body: { error: 'cannot resize inactive PTY session' },
    })
  })

  it('starts a lazy one when the first client connects', async () => {
    await create({ id: 'lazy', lazyStart: true, cols: 90, rows: 20, envs: { FOO: 'bar' } })
    expect((await info('lazy')).body).toMatchObject({ active: false, lazyStart: true })
    const client = await open(toolbox, 'lazy/connect')
    await client.connected()
    expect((await info('lazy')).body).toMatchObject({ active: true, lazyStart: true })
    client.send('stty size; echo $FOO\n')
    await client.shows('20 90')
    await client.shows('bar')
  })
})

describe('a connection', () => {
  it('is confirmed before any output, and carries keys and output', async () => {
    const client = await shell()
    expect(client.order[0]).toBe('connected')
    expect(client.messages[0]).toEqual({ type: 'control', status: 'connected' })
    client.send('echo $((6*7))\n')
    await client.shows('42')
    client.socket.send('echo $((6*8))\n')
    await client.shows('48')
  })

  it('starts a login shell on its terminal, with nothing of the host', async () => {
    const client = await shell({
      protocols: [`X-Daytona-Pty-Envs~${Buffer.from('{"FOO":"x y"}').toString('base64url')}`, exitControl],
    })
    expect(client.socket.protocol).toBe(exitControl)
    client.send('echo "[$FOO] $TERM $- $0"; env | grep -c SECRET; ls /proc/self/fd; tty; echo end\n')
    await client.shows(/\nend\r\n/)
    expect(client.text).toContain('[x y] xterm-256color')
    expect(client.text).toMatch(/xterm-256color [a-zA-Z]*i[a-zA-Z]* /)
    expect(client.text).toMatch(/\n0\r\n/)
    // ls has its three streams and the folder that it reads.
    expect(client.text).toMatch(/\n0 {2}1 {2}2 {2}3\r\n/)
    expect(client.text).toMatch(/\/dev\/pts\/\d+/)
  })

  it('accepts text and sends bytes unchanged, invalid UTF-8 included', async () => {
    const client = await shell()
    client.send('printf "a\\377b\\303\\251\\000c"; echo; echo e""nd\n')
    await client.shows('\nend')
    expect(client.bytes.includes(Buffer.from([0x61, 0xff, 0x62, 0xc3, 0xa9, 0x00, 0x63]))).toBe(true)
  })

  it('lets several clients see and type, and replays recent output to later ones', async () => {
    const first = await shell()
    first.send('echo be""fore\n')
    await first.shows('before')
    const second = await open(toolbox, `${first.id}/connect`)
    await second.shows('before')
    expect(second.order[0]).toBe('connected')
    second.send('echo from sec""ond\n')
    await first.shows('from second')
    await second.shows('from second')
    second.socket.close()
    await second.done()
    first.send('echo still he""re\n')
    await first.shows('still here')
    expect((await info(first.id)).body).toMatchObject({ active: true })
  })

  it('replays at most the last 64 KiB, from the start of a line', async () => {
    const first = await shell()
    first.send('seq 1 50000; echo d""one\n')
    await first.shows('done')
    const second = await open(toolbox, `${first.id}/connect`)
    await second.shows('done')
    expect(second.bytes.length).toBeLessThanOrEqual(64 * 1024)
    expect(second.bytes.length).toBeGreaterThan(60 * 1024)
    expect(second.text).toMatch(/^\d+\r\n/)
  })

  it('reports an unknown id in the socket', async () => {
    const client = await open(toolbox, 'nope/connect')
    const { code } = await client.done()
    expect(client.messages).toEqual([
      { type: 'control', status: 'error', error: 'Failed to connect to PTY session: PTY session nope not found' },
    ])
    expect(code).toBe(1008)
  })

  it('answers pings while idle', async () => {
    const client = await shell()
    const pong = new Promise((resolve) => client.socket.once('pong', resolve))
    client.socket.ping()
    await pong
  })
})

describe('creating by connecting', () => {
  const refusal = (query: string, protocols: string[] = []) =>
    new Promise<{ status: number; error: string }>((resolve, reject) => {
      const request = httpRequest({
        socketPath: toolbox.socketPath,
        path: `/process/pty/create-connect${query}`,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': Buffer.from('0123456789abcdef').toString('base64'),
          ...(protocols.length > 0 ? { 'sec-websocket-protocol': protocols.join(', ') } : {}),
        },
      })
      request.on('upgrade', () => reject(new Error('the upgrade was accepted')))
      request.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, error: JSON.parse(text).error }))
      })
      request.on('error', reject)
      request.end()
    })

  it('accepts size, folder and variables', async () => {
    const token = Buffer.from('{"FOO":"bar"}').toString('base64url')
    const client = await open(toolbox, 'create-connect?id=q&cols=100&rows=30&cwd=/tmp', {
      protocols: [`X-Daytona-Pty-Envs~${token}`, exitControl],
    })
    client.send('stty size; pwd; echo $FOO\n')
    await client.shows('30 100')
    await client.shows('/tmp')
    await client.shows('bar')
    expect((await info('q')).body).toMatchObject({ cols: 100, rows: 30, cwd: '/tmp', lazyStart: false })
  })

  it('sends the confirmation together with the 101, since some clients hardly wait for it', async () => {
    const socket = connect(toolbox.socketPath)
    const lines = [
      'GET /process/pty/create-connect?id=at-once HTTP/1.1',
      'Host: toolbox',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    const [data] = await once(socket, 'data')
    expect(String(data)).toMatch(/^HTTP\/1\.1 101 [\s\S]*"status":"connected"/)
    socket.destroy()
  })

  it('refuses before the upgrade', async () => {
    await create({ id: 'taken' })
    expect(await refusal('')).toEqual({ status: 400, error: "session ID is required (query param 'id')" })
    expect(await refusal('?id=taken')).toEqual({
      status: 409,
      error: "PTY session with ID 'taken' already exists",
    })
    expect(await refusal('?id=x&cols=abc')).toEqual({
      status: 400,
      error: 'cols must be an integer between 0 and 65535',
    })
    expect(await refusal('?id=x&rows=70000')).toEqual({
      status: 400,
      error: 'rows must be an integer between 0 and 65535',
    })
    expect(await refusal('?id=x&cols=1001')).toEqual({ status: 400, error: 'cols and rows must be less than 1000' })
    for (const content of ['[]', 'no json', '{"A":1}', '{"A=B":"c"}', '{"":"c"}']) {
      const token = Buffer.from(content).toString('base64url')
      const { status, error } = await refusal('?id=x', [`X-Daytona-Pty-Envs~${token}`])
      expect([status, error.startsWith('invalid envs subprotocol: ')]).toEqual([400, true])
    }
    expect(await refusal('?id=x', [`X-Daytona-Pty-Envs~${'A'.repeat(70_000)}`])).toEqual({
      status: 400,
      error: 'invalid envs subprotocol: longer than 65536 characters',
    })
    expect((await info('x')).status).toBe(404)
  })

  it('accepts variables up to the limit', async () => {
    const token = Buffer.from(JSON.stringify({ LONG: 'x'.repeat(48_000) })).toString('base64url')
    const protocols = [`X-Daytona-Pty-Envs~${token}`, exitControl]
    const client = await open(toolbox, 'create-connect?id=long', { protocols })
    client.send('printf %s "$LONG" | wc -c\n')
    await client.shows(/[\r\n]48000\r\n/)
  })

  it('selects no subprotocol where none was offered', async () => {
    expect((await shell()).socket.protocol).toBe('')
  })
})

describe('the exit', () => {
  it('is reported by code and reason of the close frame', async () => {
    const failed = await shell()
    failed.send('exit 3\n')
    expect(await failed.done()).toEqual({ code: 1011, reason: '{"exitCode":3,"exitReason":"non-zero exit"}' })
    expect(failed.order).not.toContain('exited')
    expect((await info(failed.id)).status).toBe(404)
    expect((await resize(failed.id, { cols: 90, rows: 20 })).status).toBe(410)
    const fine = await shell()
    fine.send('exit 0\n')
    expect(await fine.done()).toEqual({ code: 1000, reason: '{"exitCode":0}' })
  })

  it('is also reported by a message after all output, where the client supports it', async () => {
    const client = await shell({ protocols: [exitControl] })
    client.send('echo last wo""rds; exit 7\n')
    await client.done()
    expect(client.text).toContain('last words')
    expect(client.last('exited')).toEqual({
      type: 'control',
      status: 'exited',
      exitCode: 7,
      exitReason: 'non-zero exit',
    })
    expect(client.order.at(-1)).toBe('exited')
    const fine = await shell({ protocols: [exitControl] })
    fine.send('exit\n')
    await fine.done()
    expect(fine.last('exited')).toEqual({ type: 'control', status: 'exited', exitCode: 0 })
  })

  it('has a reason for a death by a signal', async () => {
    const ends = [
      ['kill -9 $$', { exitCode: 137, exitReason: 'SIGKILL' }],
      ['kill -HUP $$', { exitCode: 129, exitReason: 'signal 1' }],
      ['exec sh -c "kill -TERM \\$\\$"', { exitCode: 143, exitReason: 'SIGTERM' }],
      ['exec sh -c "kill -INT \\$\\$"', { exitCode: 130, exitReason: 'Ctrl+C' }],
      ['exec sh -c "kill -SEGV \\$\\$"', { exitCode: 139, exitReason: 'signal 11' }],
    ] as const
    for (const [command, exit] of ends) {
      const client = await shell()
      client.send(`${command}\n`)
      const { code, reason } = await client.done()
      expect([code, JSON.parse(reason)]).toEqual([1011, exit])
    }
  })

  it('follows a deletion, once the whole process tree is killed, as one frame', async () => {
    const client = await shell({ protocols: [exitControl] })
    const mark = `29${process.pid % 10_000}${made}`
    client.send(
      `sleep ${mark}1 & setsid sleep ${mark}2 & (setsid sh -c 'sleep ${mark}3 & sleep ${mark}4' &); echo sta""rted\n`,
    )
    await client.shows('started')
    const alive = () => sleepers(mark)
    await eventually('four sleepers', () => alive() === 4)
    const response = await toolbox.request(`/process/pty/${client.id}`, { method: 'DELETE' })
    expect(response.json()).toEqual({ message: 'PTY session deleted' })
    expect(alive()).toBe(0)
    expect(await client.done()).toEqual({ code: 1011, reason: '{"exitCode":137,"exitReason":"SIGKILL"}' })
    expect(client.order).not.toContain('exited')
    expect((await info(client.id)).status).toBe(404)
  })

  it('does not wait for a background process that has the terminal open', async () => {
    const client = await shell()
    client.send('(trap "" HUP; sleep 30) & sleep 0.3; echo b""ye; exit 4\n')
    const before = performance.now()
    expect((await client.done()).reason).toContain('"exitCode":4')
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(client.text).toContain('bye')
  })

  it('loses no byte of a program that prints and exits at once', async () => {
    const runs = Number(process.env.SANDGLASS_PTY_RUNS ?? 100)
    const wrong: string[] = []
    for (let run = 0; run < runs; run += 1) {
      const client = await open(toolbox, `create-connect?id=tail-${run}&cols=80&rows=24`)
      client.send(`exec bash --norc -c "head -c 20000 /dev/zero | tr '\\\\0' x; exit 3"\n`)
      const { reason } = await client.done()
      const count = client.bytes.filter((byte) => byte === 0x78).length - echoed(client.text)
      if (count !== 20_000 || !reason.includes('"exitCode":3')) wrong.push(`${run}: ${count} ${reason}`)
    }
    expect(wrong).toEqual([])
  }, 120_000)

  it('leaves no descriptor and no process behind', async () => {
    const descriptors = () =>
      execFileSync('ls', [`/proc/${toolbox.pid}/fd`])
        .toString()
        .split('\n').length
    const cycle = async () => {
      const client = await shell()
      client.send('exit\n')
      await client.done()
    }
    await cycle()
    const before = descriptors()
    for (let i = 0; i < 20; i += 1) await cycle()
    await eventually('descriptors are back', () => descriptors() <= before + 1)
    expect(zombies()).toBe(0)
  })
})

/** The number of `x` characters that the terminal echoed. */
function echoed(text: string): number {
  const before = text.slice(0, text.indexOf('x'.repeat(100)))
  return before.split('x').length - 1
}

function sleepers(mark: string): number {
  const list = execFileSync('ps', ['-eo', 'stat,args']).toString().split('\n')
  return list.filter((line) => new RegExp(`^[^Z]\\S* +sleep ${mark}\\d$`).test(line)).length
}

function zombies(): number {
  const children = readFileSync(`/proc/${toolbox.pid}/task/${toolbox.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
  return children.filter((pid) => /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))).length
}
