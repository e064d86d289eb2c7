/** Checklist 45 to 57: logs of commands, over HTTP and WebSocket, in the form that each version of a client expects. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import { createSandbox, deployment } from './client'
import { expectError, shortest } from './expectations'
import { openSession, splitByMarkers } from './session'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const as = (value: string) => ({ 'x-daytona-sdk-version': value })
const noVersion = as('')
const marked = { stdout: 'a\n', stderr: 'b\n' }
/** Two streams, a moment apart, so that their order is the same everywhere. */
const bothStreams = 'echo a; sleep 0.05; echo b >&2'

type Demultiplex = (socket: WebSocket, stdout: (text: string) => void, stderr: (text: string) => void) => Promise<void>

/** The demultiplexers of the official SDKs, as installed; they are not exported, so their files are loaded. */
const load = createRequire(import.meta.url)
const demultiplexers = ['@daytona/sdk', '@daytona/sdk-0.189'].map((name) => {
  const file = path.join(path.dirname(load.resolve(name)), 'utils/Stream.js')
  return { name, demultiplex: (load(file) as { stdDemuxStream: Demultiplex }).stdDemuxStream }
})

it('45 logs over HTTP are three texts, also while the command runs', async () => {
  const session = await openSession(sandbox)
  const id = await session.start(`${bothStreams}; read x`)
  await eventually('both streams are there', async () => {
    const logs = (await session.logs(id, as('0.167.0'))).json<Record<string, string>>()
    return logs.stdout === 'a\n' && logs.stderr === 'b\n' && typeof logs.output === 'string'
  })
  expect(await session.command(id)).not.toHaveProperty('exitCode')
  await session.input(id, 'end')
  await session.ended(id)
  expect((await session.logs(id)).json()).toMatchObject({ output: expect.any(String), stderr: 'b\n' })
})

it('46 a client without a version gets plain text without markers', async () => {
  const session = await openSession(sandbox)
  const { cmdId, ...answer } = await session.run(bothStreams, noVersion)
  expect(answer).toMatchObject({ output: 'a\nb\n', stdout: null, stderr: null })
  const logs = await session.logs(cmdId, noVersion)
  expect([logs.status, logs.text]).toEqual([200, 'a\nb\n'])
  expect(logs.headers.get('content-type')).toMatch(/^text\/plain/)
})

it('47 version 0.100.0 gets markers in its text, version 0.20.0 gets none', async () => {
  const session = await openSession(sandbox)
  const raw = await session.run(bothStreams, as('0.100.0'))
  expect(raw).toMatchObject({ stdout: null, stderr: null })
  expect(splitByMarkers(Buffer.from(raw.output ?? ''))).toEqual(marked)
  const logs = await session.logs(raw.cmdId, as('0.100.0'))
  expect(logs.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(splitByMarkers(logs.bytes)).toEqual(marked)
  expect(await session.run(bothStreams, as('0.20.0'))).toMatchObject({ output: 'a\nb\n', stdout: null, stderr: null })
  expect((await session.logs(raw.cmdId, as('0.20.0'))).text).toBe('a\nb\n')
})

it('48 a client that asks for split output without a version gets text with markers', async () => {
  const session = await openSession(sandbox)
  const { cmdId } = await session.run(bothStreams)
  const logs = await session.logs(cmdId, { ...noVersion, 'x-daytona-split-output': 'true' })
  expect(logs.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(splitByMarkers(logs.bytes)).toEqual(marked)
})

it('49 the logs of an unknown command are a 404, on a WebSocket before the upgrade', async () => {
  const session = await openSession(sandbox)
  expectError(await session.logs('none'), 404, 'command not found')
  const refused = await sandbox.refusedUpgrade(`${session.logsPath('none')}?follow=true`)
  expectError(refused, 404, 'command not found')
})

it('50 a follower gets what was printed before and after it came, once and in order, in binary frames', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('for i in $(seq 2000); do echo "o$i"; echo "e$i" >&2; [ $i = 1000 ] && read x; done', {
    suppressInputEcho: true,
  })
  await session.prints(id, 'o1000\n')
  const followed = await session.follow(id)
  await eventually('the first half arrives', () => followed.streams.stdout.includes('o1000\n'))
  await session.input(id, 'go')
  expect(await followed.closed()).toBe(1000)
  const lines = (letter: string) => Array.from({ length: 2000 }, (_, i) => `${letter}${i + 1}\n`).join('')
  expect(followed.streams).toEqual({ stdout: lines('o'), stderr: lines('e') })
})

it('51 frames keep the framing rules, and the official demultiplexers give the bytes back', async () => {
  const session = await openSession(sandbox)
  const id = await session.start(
    "seq 1 60000; printf 'a\\342'; sleep 0.05; printf '\\202\\254b'; sleep 0.05; seq 60001 90000 >&2; printf end",
  )
  const seq = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join('')
  const followed = await session.follow(id)
  expect(await followed.closed()).toBe(1000)
  for (const frame of followed.frames) {
    expect(frame.length).toBeLessThan(100_000)
    const tail = frame.subarray(-3).toString('latin1')
    if (!deployment.reference) expect(['\x01\x01\x01', '\x02\x02\x02']).not.toContain(tail)
  }
  const expected = { stdout: `${seq(1, 60_000)}a€bend`, stderr: seq(60_001, 90_000) }
  expect(splitByMarkers(followed.bytes)).toEqual({
    ...expected,
    stdout: Buffer.from(expected.stdout).toString('latin1'),
  })
  for (const { name, demultiplex } of demultiplexers) {
    const seen = { stdout: '', stderr: '' }
    const socket = sandbox.webSocket(`${session.logsPath(id)}?follow=true`)
    await demultiplex(
      socket,
      (text) => {
        seen.stdout += text
      },
      (text) => {
        seen.stderr += text
      },
    )
    expect([name, seen]).toEqual([name, expected])
  }
})

it('52 the socket closes with 1000 within 200 ms of the last byte of a command that ends', async () => {
  const session = await openSession(sandbox)
  const limitMs = deployment.reference ? 5_000 : 200
  const took = await shortest(limitMs, async () => {
    const id = await session.start('read x; echo last')
    const followed = await session.follow(id)
    await session.input(id, 'go')
    expect(await followed.closed()).toBe(1000)
    expect(followed.streams.stdout).toMatch(/last\n$/)
    return followed.closedAt - followed.lastAt
  })
  expect(took).toBeLessThan(limitMs)
})

it('53 a prompt arrives within 200 ms, updates one by one, and every byte survives', async () => {
  const session = await openSession(sandbox)
  const id = await session.start(
    "printf 'Name? '; while read -r n && [ \"$n\" ]; do printf '\\r%s %%' \"$n\"; done; printf '\\0\\377\\376end'",
    { suppressInputEcho: true },
  )
  const followed = await session.follow(id)
  let shown = 'Name? '
  if (!deployment.reference) {
    await eventually('the prompt', () => followed.streams.stdout === shown)
    let count = 0
    const took = await shortest(200, async () => {
      count += 1
      shown += `\r${count} %`
      const begun = performance.now()
      await session.input(id, String(count))
      await eventually('the update', () => followed.streams.stdout === shown)
      return followed.lastAt - begun
    })
    expect(took).toBeLessThan(200)
    for (let more = count + 1; more < count + 6; more += 1) {
      shown += `\r${more} %`
      await session.input(id, String(more))
      await eventually('the next update', () => followed.streams.stdout === shown)
    }
  }
  await session.input(id, '\n')
  expect(await followed.closed()).toBe(1000)
  if (!deployment.reference) expect(followed.streams.stdout).toBe(`${shown}\0\xff\xfeend`)
})

it('54 without follow the socket sends what there is and closes, though the command runs', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('echo now; read x')
  await session.prints(id, 'now\n')
  const dumped = await session.follow(id, { query: '' })
  expect(await dumped.closed()).toBe(1000)
  expect(dumped.streams.stdout).toBe('now\n')
  expect(await session.command(id)).not.toHaveProperty('exitCode')
  await session.input(id, 'end')
})

it('55 pings are answered while output flows and while nothing comes', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('seq 1 3000000; read x; seq 1 3000000; read x')
  const followed = await session.follow(id)
  const pong = async () => {
    const answered = once(followed.socket, 'pong')
    followed.socket.ping()
    await answered
  }
  for (let count = 0; count < 5; count += 1) await pong()
  await eventually('all is printed', () => followed.frames.at(-1)?.includes('3000000\n') || null)
  for (let count = 0; count < 5; count += 1) await pong()
  await session.input(id, 'on')
  for (let count = 0; count < 5; count += 1) await pong()
  await session.remove()
  await followed.closed()
})

it('56 deleting the session closes its followers with 1000', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('echo x; sleep 60')
  const followers = [await session.follow(id), await session.follow(id)]
  await eventually('both see it', () => followers.every((it) => it.streams.stdout === 'x\n'))
  expect(await session.remove()).toBe(204)
  expect(await Promise.all(followers.map((it) => it.closed()))).toEqual([1000, 1000])
})

it('57 several followers of one command get everything each', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('read x; seq 1 20000', { suppressInputEcho: true })
  const followers = await Promise.all(Array.from({ length: 5 }, () => session.follow(id)))
  await session.input(id, 'go')
  expect(await Promise.all(followers.map((it) => it.closed()))).toEqual([1000, 1000, 1000, 1000, 1000])
  const expected = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join('')
  for (const { streams } of followers) expect(streams.stdout).toBe(expected)
})
