/** Logs of session commands over HTTP and WebSocket in the form of each version, also with the official demultiplexer. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { JournalWindow } from '@/lib/process-api/extensions'
import { LogMarkerReader } from '@/lib/process-api/log-markers'
import type { SessionExecuteResponse } from '@/lib/process-api/process'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

type Demultiplex = (
  socket: WebSocket,
  onStdout: (text: string) => void,
  onStderr: (text: string) => void,
) => Promise<void>

/** The demultiplexer of the official SDK, as installed; it is not exported, so its file is loaded. */
const load = createRequire(import.meta.url)
const { stdDemuxStream } = load(path.join(path.dirname(load.resolve('@daytona/sdk')), 'utils/Stream.js')) as {
  stdDemuxStream: Demultiplex
}

let toolbox: ToolboxFixture
let session = ''
let sessions = 0

beforeAll(async () => {
  toolbox = await startToolbox()
})
beforeEach(async () => {
  sessions += 1
  session = `logs-${sessions}`
  await toolbox.post('/process/session', { sessionId: session })
})
afterAll(() => toolbox.stop())

async function exec(command: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const answer = await toolbox.post(`/process/session/${session}/exec`, { command, ...more }, headers)
  return answer.json<SessionExecuteResponse>()
}

const start = async (command: string) => (await exec(command, { runAsync: true })).cmdId
const logsPath = (id: string) => `/process/session/${session}/command/${id}/logs`
const send = (id: string, data: string) =>
  toolbox.post(`/process/session/${session}/command/${id}/input`, { data, newline: false })
const stop = (id: string) => toolbox.post(`/process/session/${session}/command/${id}/stop`, '')

/** The fixture's headers request the newest form; an empty version counts as no version. */
const noVersion = { 'x-daytona-sdk-version': '' }
const version = (value: string): Record<string, string> => ({ 'x-daytona-sdk-version': value })

interface Followed {
  frames: Buffer[]
  /** Resolves with the close code. */
  closed: Promise<number>
  closedAt: () => number
  socket: WebSocket
}

async function follow(id: string, query = '?follow=true', headers = version('0.190.0')): Promise<Followed> {
  const socket = toolbox.webSocket(logsPath(id) + query, { headers })
  const frames: Buffer[] = []
  let closedAt = 0
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    expect(isBinary).toBe(true)
    frames.push(data)
  })
  const closed = new Promise<number>((resolve) =>
    socket.once('close', (code) => {
      closedAt = performance.now()
      resolve(code)
    }),
  )
  await once(socket, 'open')
  return { frames, closed, closedAt: () => closedAt, socket }
}

function split(frames: readonly Uint8Array[]) {
  const reader = new LogMarkerReader()
  const seen = { stdout: '', stderr: '' }
  for (const frame of frames) {
    for (const { stream, data } of reader.push(frame)) seen[stream] += Buffer.from(data).toString('latin1')
  }
  for (const { stream, data } of reader.end()) seen[stream] += Buffer.from(data).toString('latin1')
  return seen
}

describe('over HTTP', () => {
  test('the form follows the version', async () => {
    const { cmdId } = await exec('echo a; sleep 0.02; echo b >&2')
    const raw = '\x01\x01\x01a\n\x02\x02\x02b\n'
    const read = (headers: Record<string, string>) => toolbox.request(logsPath(cmdId), { headers })
    for (const headers of [version('0.190.0'), version('0.167.0-rc1'), version('0.0.0-dev')]) {
      const answer = await read(headers)
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.json()).toEqual({ output: raw, stdout: 'a\n', stderr: 'b\n' })
    }
    for (const headers of [version('0.100.0'), version('what'), { ...noVersion, 'x-daytona-split-output': 'true' }]) {
      const answer = await read(headers)
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(answer.text).toBe(raw)
    }
    for (const headers of [noVersion, version('0.20.0')]) {
      const answer = await read(headers)
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(answer.text).toBe('a\nb\n')
    }
  })

  test('exec responds in the same forms', async () => {
    const run = (headers: Record<string, string>) => exec('echo a; sleep 0.02; echo b >&2', {}, headers)
    expect(await run(noVersion)).toMatchObject({ output: 'a\nb\n', stdout: null, stderr: null, exitCode: 0 })
    expect(await run(version('0.20.0'))).toMatchObject({ output: 'a\nb\n', stdout: null, stderr: null })
    const raw = '\x01\x01\x01a\n\x02\x02\x02b\n'
    expect(await run(version('0.100.0'))).toMatchObject({ output: raw, stdout: null, stderr: null, exitCode: 0 })
    expect(await run(version('0.190.0'))).toMatchObject({ output: raw, stdout: 'a\n', stderr: 'b\n', exitCode: 0 })
  })

  test('an empty log is empty in each form', async () => {
    const { cmdId } = await exec('true')
    expect((await toolbox.request(logsPath(cmdId))).json()).toEqual({ output: '', stdout: '', stderr: '' })
    const text = await toolbox.request(logsPath(cmdId), { headers: noVersion })
    expect([text.status, text.text, text.headers['content-type']]).toEqual([200, '', undefined])
  })

  test('a running command shows what it has printed', async () => {
    const id = await start("printf 'so far'; read x")
    await eventually('the text', async () => (await toolbox.request(logsPath(id))).text.includes('so far'))
    await send(id, '\n')
  })

  test('stream markers in the output do not move bytes from one stream to the other', async () => {
    const { stdout, stderr } = await exec("printf 'a\\2\\2\\2b\\1\\1\\1'; printf '\\1\\1\\1c' >&2")
    expect([stdout, stderr]).toEqual(['a\x02\x02\x02b\x01\x01\x01', '\x01\x01\x01c'])
  })

  test('a character that was written in two parts is decoded as one', async () => {
    const { stdout } = await exec("printf 'x \\342'; sleep 0.05; printf '\\200\\224 y\\n'")
    expect(stdout).toBe('x — y\n')
  })

  test('`follow=true` without an upgrade streams the bytes as they arrive', async () => {
    const id = await start("printf 'one '; read x; printf 'two' >&2")
    const answer = toolbox.request(`${logsPath(id)}?follow=true`)
    await eventually('the first part', async () => (await toolbox.request(logsPath(id))).text.includes('one '))
    await send(id, '\n')
    const { headers, text } = await answer
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(text).toBe('one \ntwo')
  })

  test('unknown commands and sessions are 404, over WebSocket before the upgrade', async () => {
    const unknown = crypto.randomUUID()
    expect((await toolbox.request(logsPath(unknown))).json()).toMatchObject({ message: 'not found: command not found' })
    for (const [url, message] of [
      [logsPath(unknown), 'not found: command not found'],
      [`/process/session/nobody/command/${unknown}/logs`, 'not found: session not found'],
    ] as const) {
      const socket = toolbox.webSocket(url)
      const [, response] = await once(socket, 'unexpected-response')
      expect(response.statusCode).toBe(404)
      const body = await new Promise<string>((resolve) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk
        })
        response.on('end', () => resolve(text))
      })
      expect(JSON.parse(body)).toMatchObject({ code: 'NOT_FOUND', message })
    }
  })
})

describe('over WebSocket', () => {
  test('delivers output from before and after the connect once and in order, and closes with 1000 at the end', async () => {
    const id = await start('for i in $(seq 2000); do echo "o$i"; echo "e$i" >&2; [ $i = 1000 ] && read x; done')
    await eventually('the first half', async () => (await toolbox.request(logsPath(id))).text.includes('o1000\\n'))
    const first = await follow(id)
    const second = await follow(id)
    await send(id, '\n')
    expect(await first.closed).toBe(1000)
    expect(await second.closed).toBe(1000)
    const numbers = Array.from({ length: 2000 }, (_, i) => i + 1)
    for (const { frames } of [first, second]) {
      const { stdout, stderr } = split(frames)
      expect(stdout.replace('\n\n', '\n')).toBe(numbers.map((i) => `o${i}\n`).join(''))
      expect(stderr).toBe(numbers.map((i) => `e${i}\n`).join(''))
    }
  })

  test('closes right after the end', async () => {
    const id = await start('read x; echo done')
    const followed = await follow(id)
    const before = performance.now()
    await send(id, '\n')
    expect(await followed.closed).toBe(1000)
    expect(followed.closedAt() - before).toBeLessThan(20_000)
    expect(split(followed.frames).stdout).toBe('\ndone\n')
  })

  test('sends frames that follow the protocol', async () => {
    const id = await start(
      "yes 0123456789 | head -c 3000000; yes '\u0001\u0001\u0001' | head -c 20000; printf '\\1\\1'; printf 'x\\1\\1\\1' >&2",
    )
    const { frames, closed } = await follow(id)
    await closed
    for (const frame of frames) expect(frame.length).toBeLessThan(100_000)
    for (const frame of frames.slice(0, -1)) {
      expect([1, 2]).toContain(frame[0])
      expect(frame.subarray(0, 3)).toEqual(Buffer.alloc(3, frame[0]))
      expect(frame.length).toBeGreaterThan(3)
      const tail = frame.subarray(-3)
      expect(tail.equals(Buffer.from([1, 1, 1])) || tail.equals(Buffer.from([2, 2, 2]))).toBe(false)
    }
    const big = frames.filter((frame) => frame.length > 60_000)
    expect(big.length).toBeGreaterThan(20)
    expect(split(frames).stderr).toBe('x\x01\x01\x01')
  })

  test('delivers prompts, carriage returns, NUL and invalid UTF-8 unchanged', async () => {
    const id = await start("printf 'Name? '; read n; printf '\\r1'; read n; printf '\\r2\\0\\377'")
    const { frames, closed } = await follow(id)
    await eventually('the prompt', () => split(frames).stdout === 'Name? ', 1_000)
    await send(id, 'b\n')
    await eventually('the first update', () => split(frames).stdout === 'Name? b\n\r1', 1_000)
    await send(id, 'c\n')
    expect(await closed).toBe(1000)
    expect(split(frames).stdout).toBe('Name? b\n\r1c\n\r2\0\xff')
  })

  test('without follow, sends the output so far and closes while the command still runs', async () => {
    const id = await start('echo now; read x')
    await eventually('the text', async () => (await toolbox.request(logsPath(id))).text.includes('now'))
    for (const query of ['', '?follow=false', '?follow=1']) {
      const { frames, closed } = await follow(id, query)
      expect(await closed).toBe(1000)
      expect(split(frames).stdout).toBe('now\n')
    }
    await send(id, '\n')
  })

  test('sends bytes without markers to clients without a version', async () => {
    const { cmdId } = await exec('echo a; sleep 0.02; echo b >&2')
    for (const headers of [{}, version('0.20.0')]) {
      const { frames, closed } = await follow(cmdId, '?follow=true', headers)
      await closed
      expect(Buffer.concat(frames).toString()).toBe('a\nb\n')
    }
    const { frames, closed } = await follow(cmdId, '')
    await closed
    expect(split(frames)).toEqual({ stdout: 'a\n', stderr: 'b\n' })
  })

  test('accepts a version in the subprotocol, and echoes it', async () => {
    const { cmdId } = await exec('echo a')
    const token = 'X-Daytona-SDK-Version~0.190.0'
    const socket = toolbox.webSocket(`${logsPath(cmdId)}?follow=true`, { protocols: [token] })
    const message = once(socket, 'message')
    const closed = once(socket, 'close')
    await once(socket, 'open')
    expect(socket.protocol).toBe(token)
    expect(String((await message)[0])).toBe('\x01\x01\x01a\n')
    await closed
  })

  test('responds to pings with and without output', async () => {
    const id = await start('yes | head -c 200000000; read x')
    const { socket, closed } = await follow(id)
    for (let i = 0; i < 10; i += 1) {
      const before = performance.now()
      const pong = once(socket, 'pong')
      socket.ping()
      await pong
      expect(performance.now() - before).toBeLessThan(20_000)
    }
    await stop(id)
    await closed
  })

  test('closes with 1000 when the session is deleted', async () => {
    await toolbox.post('/process/session', { sessionId: 'short' })
    const started = await toolbox.post('/process/session/short/exec', { command: 'echo x; sleep 60', runAsync: true })
    const { cmdId } = started.json<SessionExecuteResponse>()
    const socket = toolbox.webSocket(`/process/session/short/command/${cmdId}/logs?follow=true`)
    const closed = once(socket, 'close')
    await once(socket, 'message')
    await toolbox.request('/process/session/short', { method: 'DELETE' })
    expect((await closed)[0]).toBe(1000)
  })

  test('a client that does not read blocks neither the command nor other clients', async () => {
    const id = await start('yes | head -c 100000000')
    const stuck = await follow(id)
    stuck.socket.pause()
    const { frames, closed } = await follow(id)
    expect(await closed).toBe(1000)
    expect(split(frames).stdout.length).toBe(100_000_000)
    stuck.socket.terminate()
  })
})

describe('the official demultiplexer', () => {
  test.each([
    ['plain output', "echo one; sleep 0.02; echo two >&2; printf 'no newline'", 'one\nno newline', 'two\n'],
    [
      'marker bytes in the output',
      "printf 'a\\1\\1\\1b\\2\\2\\2'; sleep 0.02; printf '\\1\\1c' >&2",
      'a\x01\x01\x01b\x02\x02\x02',
      '\x01\x01c',
    ],
    ['split characters', "printf '\\342'; sleep 0.02; printf '\\202\\254'", '€', ''],
  ])('restores %s', async (_what, command, stdout, stderr) => {
    const id = await start(command)
    const socket = toolbox.webSocket(`${logsPath(id)}?follow=true`, { headers: version('0.216.0') })
    const seen = { stdout: '', stderr: '' }
    await stdDemuxStream(
      socket,
      (text) => {
        seen.stdout += text
      },
      (text) => {
        seen.stderr += text
      },
    )
    expect(seen).toEqual({ stdout, stderr })
  })
})

describe('journal', () => {
  test('windows, downloads and follow work for commands as for runs', async () => {
    const { cmdId } = await exec("printf 'a\\0b'; sleep 0.02; printf 'err' >&2")
    const base = `/process/session/${session}/command/${cmdId}`
    const window = (await toolbox.request(`${base}/journal?from=1`)).json<JournalWindow>()
    expect(window).toMatchObject({ size: 6, from: 1, to: 6, droppedBytes: 0 })
    expect(window.chunks.map((it) => [it.stream, it.offset, Buffer.from(it.data, 'base64').toString()])).toEqual([
      ['stdout', 1, '\0b'],
      ['stderr', 3, 'err'],
    ])
    const whole = await toolbox.request(`${base}/journal/download`)
    expect(whole.text).toBe('a\0berr')
    expect((await toolbox.request(`${base}/journal/download?stream=stderr`)).text).toBe('err')
    expect((await toolbox.request(`/process/session/${session}/command/nope/journal`)).status).toBe(404)
  })
})
