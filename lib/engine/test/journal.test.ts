import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FollowMessage, JournalWindow, RunSummary } from '@/lib/process-api/extensions'
import { decodeJournalFrame, type JournalFrame } from '@/lib/process-api/journal-frame'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

async function start(command: string): Promise<string> {
  const answer = await toolbox.post('/process/run', { kind: 'command', command })
  expect(answer.status).toBe(201)
  return answer.json<RunSummary>().id
}

function ended(id: string): Promise<RunSummary> {
  return eventually(
    `run ${id} ends`,
    async () => {
      const run = (await toolbox.request(`/process/run/${id}`)).json<RunSummary>()
      return run.state === 'running' ? null : run
    },
    60_000,
  )
}

function download(id: string, query = '', headers: Record<string, string> = {}) {
  return toolbox.request(`/process/run/${id}/journal/download${query}`, { headers })
}

interface Followed {
  frames: JournalFrame[]
  messages: FollowMessage[]
  /** Everything received so far, in order. */
  text(): string
  /** Close code and reason. */
  closed: Promise<[number, string]>
  close(): void
  pause(): void
  resume(): void
}

function follow(id: string, query = ''): Followed {
  const socket = toolbox.webSocket(`/process/run/${id}/journal/follow${query}`)
  const frames: JournalFrame[] = []
  const messages: FollowMessage[] = []
  const closed = new Promise<[number, string]>((resolve, reject) => {
    socket.on('close', (code, reason) => resolve([code, String(reason)]))
    socket.on('error', reject)
  })
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) frames.push(decodeJournalFrame(data))
    else messages.push(JSON.parse(String(data)))
  })
  return {
    frames,
    messages,
    closed,
    text: () => Buffer.concat(frames.map((frame) => frame.data)).toString('latin1'),
    close: () => socket.close(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  }
}

describe('bytes', () => {
  const exact = String.raw`printf 'a\0b\xff\xfe\r\n\x01\x01\x01\x02\x02\x02no newline'`

  test('are exact in a download', async () => {
    const id = await start(exact)
    await ended(id)
    const answer = await download(id)
    expect(answer.body.toString('latin1')).toBe('a\0b\xff\xfe\r\n\x01\x01\x01\x02\x02\x02no newline')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '23',
      'content-disposition': `attachment; filename="${id}.log"`,
      'accept-ranges': 'bytes',
    })
  })

  test('can be downloaded in ranges', async () => {
    const id = await start('printf 0123456789')
    await ended(id)
    const middle = await download(id, '', { range: 'bytes=2-4' })
    expect([middle.status, middle.text, middle.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10'])
    const end = await download(id, '', { range: 'bytes=-3' })
    expect([end.status, end.text]).toEqual([206, '789'])
    const beyond = await download(id, '', { range: 'bytes=10-' })
    expect([beyond.status, beyond.text, beyond.headers['content-range']]).toEqual([416, '', 'bytes */10'])
    expect((await download(id, '?stream=both')).status).toBe(400)
  })

  test('of a command that printed nothing are an empty download', async () => {
    const id = await start('true')
    await ended(id)
    expect([(await download(id)).status, (await download(id)).text]).toEqual([200, ''])
    expect((await download(id, '?stream=stderr')).text).toBe('')
    const window = (await toolbox.request(`/process/run/${id}/journal`)).json<JournalWindow>()
    expect(window).toEqual({ size: 0, stderrBytes: 0, from: 0, to: 0, truncated: false, droppedBytes: 0, chunks: [] })
  })

  test('of stdout and stderr are exact and in order of arrival', async () => {
    const id = await start('for i in $(seq 60); do echo o$i; sleep .005; echo e$i >&2; sleep .005; done')
    await ended(id)
    const numbers = Array.from({ length: 60 }, (_, i) => i + 1)
    expect((await download(id, '?stream=stdout')).text).toBe(numbers.map((i) => `o${i}\n`).join(''))
    expect((await download(id, '?stream=stderr')).text).toBe(numbers.map((i) => `e${i}\n`).join(''))
    const window = (await toolbox.request(`/process/run/${id}/journal`)).json<JournalWindow>()
    const times = window.chunks.map((chunk) => chunk.sinceStartMs ?? Number.NaN)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })
})

describe('a window', () => {
  test('of a running command', async () => {
    const id = await start('printf abcdef; printf XY >&2; sleep 98791')
    await eventually('it printed', async () => (await download(id)).body.length === 8)
    const window = (await toolbox.request(`/process/run/${id}/journal?from=2&to=7`)).json<JournalWindow>()
    expect(window).toMatchObject({ size: 8, from: 2, to: 7, truncated: false })
    expect(Buffer.concat(window.chunks.map((chunk) => Buffer.from(chunk.data, 'base64'))).length).toBe(5)
    for (const query of ['from=-1', 'from=x', 'tail=1.5', 'stream=x']) {
      expect((await toolbox.request(`/process/run/${id}/journal?${query}`)).status).toBe(400)
    }
    await toolbox.post(`/process/run/${id}/stop`, undefined)
  })
})

describe('following', () => {
  test('sends existing output, new output, the end with the final state, and closes with 1000', async () => {
    const id = await start('echo one; sleep 0.2; echo two >&2; sleep 0.1; exit 4')
    const followed = follow(id)
    expect(await followed.closed).toEqual([1000, ''])
    expect(followed.text()).toBe('one\ntwo\n')
    expect(followed.frames.map((frame) => frame.stream)).toEqual(['stdout', 'stderr'])
    expect(followed.frames.map((frame) => frame.offset)).toEqual([0, 4])
    expect(followed.messages[0]).toMatchObject({ type: 'opened', from: 0 })
    expect(followed.messages[1]).toMatchObject({
      type: 'end',
      size: 8,
      execution: { state: 'failed', exitCode: 4, output: { bytes: 8, stdoutBytes: 4, stderrBytes: 4 } },
    })
    expect(followed.messages).toHaveLength(2)
  })

  test('delivers a prompt and the end immediately', async () => {
    const id = await start("printf 'Name? '; sleep 0.5")
    const followed = follow(id)
    await eventually('the prompt', () => followed.text() === 'Name? ', 300)
    expect(followed.messages).toHaveLength(1)
    await followed.closed
    const run = await ended(id)
    const end = followed.messages[1]
    expect(end?.type === 'end' && end.execution.endedAt).toBe(run.endedAt)
  })

  test('resumes from an offset without gap or overlap, however often the connection breaks', async () => {
    // The command prints until the connection broke often enough, so that it always breaks in the middle of the output.
    const id = await start('i=0; until [ -e lost-enough ]; do i=$((i + 1)); echo L$i; done; sleep 0.3; echo tail')
    let received = ''
    for (let lost = 0; ; lost += 1) {
      const followed = follow(id, `?from=${received.length}`)
      if (lost < 8) {
        await eventually('output arrived', () => followed.frames.length > lost)
        followed.close()
      } else {
        writeFileSync(path.join(toolbox.homeDir, 'lost-enough'), '')
      }
      await followed.closed
      received += followed.text()
      if (followed.messages.some((message) => message.type === 'end')) break
    }
    const printed = received.split('\n').length - 2
    expect(received).toBe(`${Array.from({ length: printed }, (_, i) => `L${i + 1}\n`).join('')}tail\n`)
    expect((await download(id)).text).toBe(received)
  })

  test('can be limited to one stream, and rejects an offset beyond the end', async () => {
    const id = await start('echo o; echo e >&2')
    await ended(id)
    const errors = follow(id, '?stream=stderr')
    await errors.closed
    expect(errors.text()).toBe('e\n')
    await expect(follow(id, '?from=5').closed).rejects.toThrow('400')
    await expect(follow('00000000-0000-4000-8000-000000000000').closed).rejects.toThrow('404')
  })

  test('delivers output of surviving processes after the end', async () => {
    const id = await start('(sleep 0.4; echo later) & echo now')
    const followed = follow(id)
    expect(await followed.closed).toEqual([1000, ''])
    expect(followed.text()).toBe('now\nlater\n')
    expect(followed.messages[1]).toMatchObject({ type: 'end', size: 4, execution: { state: 'succeeded' } })
  })

  test('ends when the run is deleted', async () => {
    const id = await start('echo x; sleep 98792')
    const followed = follow(id)
    await eventually('output arrived', () => followed.text() === 'x\n')
    await toolbox.request(`/process/run/${id}`, { method: 'DELETE' })
    expect((await followed.closed)[0]).toBe(1000)
  })

  test('a paused reader blocks nobody, and gets everything in the end', async () => {
    const id = await start('head -c 60000000 /dev/zero; echo; echo done')
    const slow = follow(id)
    await eventually('it is connected', () => slow.messages.length === 1)
    slow.pause()
    const fast = follow(id)
    await fast.closed
    expect(fast.frames.reduce((sum, frame) => sum + frame.data.length, 0)).toBe(60_000_006)
    await ended(id)
    expect(slow.frames.reduce((sum, frame) => sum + frame.data.length, 0)).toBeLessThan(30_000_000)
    slow.resume()
    await slow.closed
    expect(slow.frames.reduce((sum, frame) => sum + frame.data.length, 0)).toBe(60_000_006)
  })
})

describe('one stream as a separate log', () => {
  const place = async (id: string, query: string) =>
    (await toolbox.request(`/process/run/${id}/journal/place?${query}`)).json<{ offset: number }>().offset

  test('has its own offsets, which convert to offsets of the journal and back', async () => {
    const id = await start('for i in $(seq 50); do echo o$i; sleep .003; echo e$i >&2; sleep .003; done')
    await ended(id)
    const text = Array.from({ length: 50 }, (_, index) => `e${index + 1}\n`).join('')
    const whole = (await download(id)).text
    for (const from of [0, 1, 77, text.length]) {
      const viewer = follow(id, `?stream=stderr&offsets=stream&from=${from}`)
      await viewer.closed
      expect(viewer.text(), `from ${from}`).toBe(text.slice(from))
      expect(viewer.messages[0]).toEqual({ type: 'opened', from, size: text.length })
      expect(viewer.messages.at(-1)).toMatchObject({ type: 'end', size: text.length })
      let next = from
      for (const { offset, data } of viewer.frames) {
        expect(offset).toBe(next)
        next += data.length
      }
    }
    for (const own of [0, 4, 100, text.length - 1]) {
      const there = await place(id, `stream=stderr&of=stream&offset=${own}`)
      expect(whole[there]).toBe(text[own])
      expect(await place(id, `stream=stderr&of=journal&offset=${there}`)).toBe(own)
    }
    expect(await place(id, `stream=stderr&of=stream&offset=${text.length}`)).toBe(whole.length)
  })

  test('is followed live, and is empty if nothing was printed on it', async () => {
    const id = await start('echo out; until [ -e on ]; do sleep 0.02; done; echo err >&2; echo out')
    const viewer = follow(id, '?stream=stderr&offsets=stream')
    await eventually('it is open', async () => viewer.messages.length > 0)
    await toolbox.post('/process/execute', { command: 'touch on' })
    await viewer.closed
    expect(viewer.text()).toBe('err\n')
    const silent = await start('echo out')
    await ended(silent)
    const none = follow(silent, '?stream=stderr&offsets=stream')
    await none.closed
    expect([none.text(), none.messages[0]]).toEqual(['', { type: 'opened', from: 0, size: 0 }])
  })

  test('has no byte beyond its end', async () => {
    const id = await start('echo out')
    await ended(id)
    await expect(follow(id, '?stream=stderr&offsets=stream&from=1').closed).rejects.toThrow('400')
  })
})

describe('search', () => {
  async function search(id: string, query: Record<string, string>): Promise<number | null> {
    const answer = await toolbox.request(`/process/run/${id}/journal/search?${new URLSearchParams(query)}`)
    expect(answer.status).toBe(200)
    return answer.json<{ offset: number | null }>().offset
  }

  test('finds what a search through the downloaded bytes finds, in both directions', async () => {
    const id = await start(
      'for i in $(seq 30000); do echo "line $i"; [ $((i % 997)) = 0 ] && echo "needle $i"; done; true',
    )
    await ended(id)
    const text = (await download(id)).text
    const places: number[] = []
    for (let at = text.indexOf('needle'); at !== -1; at = text.indexOf('needle', at + 1)) places.push(at)
    const forward: number[] = []
    for (let at: number | null = -1; at !== null; ) {
      at = await search(id, { text: 'Needle', from: String(at + 1) })
      if (at !== null) forward.push(at)
    }
    expect(forward).toEqual(places)
    const backward: number[] = []
    for (let at: number | null = text.length; at !== null; ) {
      at = await search(id, { text: 'needle', direction: 'backward', from: String(at) })
      if (at !== null) backward.unshift(at)
    }
    expect(backward).toEqual(places)
    expect(await search(id, { text: 'Needle', case: '1' })).toBeNull()
  })

  test('handles whole words, non-ASCII letters, invalid UTF-8, and the end', async () => {
    const id = await start(String.raw`printf 'needles no_needle \377needle É needle é\nneedle'`)
    await ended(id)
    const bytes = (await download(id)).body
    const at = (part: string, from = 0) => bytes.indexOf(part, from)
    const lone = at(' needle é') + 1
    expect(await search(id, { text: 'needle', word: '1' })).toBe(lone)
    expect(await search(id, { text: 'needle', word: '1', from: String(lone + 1) })).toBe(bytes.length - 6)
    expect(await search(id, { text: 'é' })).toBe(at('É'))
    expect(await search(id, { text: 'é', case: '1' })).toBe(at('é'))
    expect(await search(id, { text: 'needle', direction: 'backward' })).toBe(bytes.length - 6)
    for (const query of ['', 'text=', 'text=a&from=-1', 'text=a&direction=up']) {
      expect((await toolbox.request(`/process/run/${id}/journal/search?${query}`)).status, query).toBe(400)
    }
  })

  test('in one stream uses its offsets, and finds text that the other stream interrupts', async () => {
    const id = await start('printf nee >&2; sleep .01; echo dle; sleep .01; printf "dle\\n" >&2; echo needle')
    await ended(id)
    expect(await search(id, { text: 'needle', stream: 'stderr' })).toBe(0)
    expect(await search(id, { text: 'needle', stream: 'stdout' })).toBe(4)
    expect(await search(id, { text: 'needle', stream: 'stdout', direction: 'backward' })).toBe(4)
    expect(await search(id, { text: 'needle', stream: 'stderr', from: '1' })).toBeNull()
  })
})

describe('search in hostile output', () => {
  const text = 'a'.repeat(1000)
  let id: string

  beforeAll(async () => {
    id = await start("head -c 30000000 /dev/zero | tr '\\0' a; echo; echo ' end'")
    await ended(id)
  })

  const path = (query: Record<string, string>) => `/process/run/${id}/journal/search?${new URLSearchParams(query)}`

  test('is fast for every text', async () => {
    const slow = [text, `b${'a'.repeat(999)}`, `${'a'.repeat(999)}b`, '-a'.repeat(500)]
    for (const one of slow) {
      for (const direction of ['forward', 'backward']) {
        const matchCase = direction === 'forward' ? '0' : '1'
        const answer = await toolbox.request(path({ text: one, direction, word: '1', case: matchCase }))
        expect([answer.status, answer.json()], one.slice(-9)).toEqual([200, { offset: null }])
      }
    }
    expect((await toolbox.request(path({ text: 'end', word: '1' }))).json()).toEqual({ offset: 30_000_002 })
  })

  test('does not block other requests', async () => {
    let over = false
    const search = toolbox.request(path({ text, word: '1' })).finally(() => {
      over = true
    })
    expect((await toolbox.request('/version')).status).toBe(200)
    expect(over).toBe(false)
    expect((await search).json()).toEqual({ offset: null })
  })

  test('is limited to a number of clients, and a disconnected client releases its slot', async () => {
    const leaving = new AbortController()
    setMaxListeners(0, leaving.signal)
    const statuses: number[] = []
    const asked = Array.from({ length: 40 }, async () => {
      const answer = await toolbox.request(path({ text, word: '1' }), { signal: leaving.signal }).catch(() => null)
      if (answer) statuses.push(answer.status)
      if (answer?.status === 429) expect(answer.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', limit: 8 })
    })
    await eventually('one is rejected', () => statuses.includes(429))
    leaving.abort()
    await Promise.all(asked)
    expect(statuses.filter((status) => status !== 429 && status !== 200)).toEqual([])
    await eventually('a slot is free again', async () => (await toolbox.request(path({ text: 'end' }))).status === 200)
  })
})

describe('a gigabyte of output of one command', { timeout: 150_000 }, () => {
  const size = 1_000_000_000
  let id: string

  function residentBytes(): number {
    const status = readFileSync(`/proc/${toolbox.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  test('is recorded with constant memory', async () => {
    await ended(await start('head -c 20000000 /dev/zero'))
    const before = residentBytes()
    let peak = 0
    id = await start(`head -c ${size - 9} /dev/zero; echo "the end."`)
    const done = await eventually(
      'it ends',
      async () => {
        peak = Math.max(peak, residentBytes())
        const run = (await toolbox.request(`/process/run/${id}`)).json<RunSummary>()
        return run.state === 'running' ? null : run
      },
      120_000,
    )
    expect(done.output).toEqual({ bytes: size, stdoutBytes: size, stderrBytes: 0, droppedBytes: 0 })
    expect(peak - before).toBeLessThan(64 * 1024 * 1024)
  })

  test('can be read at its tail and in the middle without reading it whole', async () => {
    const begun = performance.now()
    const window = (await toolbox.request(`/process/run/${id}/journal?tail=1000`)).json<JournalWindow>()
    expect(window).toMatchObject({ size, from: size - 1000, to: size, truncated: false })
    expect((await download(id, '', { range: 'bytes=500000000-500000009' })).body).toEqual(Buffer.alloc(10))
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  test('is searched forward and backward', async () => {
    const before = residentBytes()
    for (const direction of ['forward', 'backward']) {
      const query = `/process/run/${id}/journal/search?text=END&word=1&direction=${direction}`
      expect((await toolbox.request(query)).json()).toEqual({ offset: size - 5 })
    }
    expect(residentBytes() - before).toBeLessThan(64 * 1024 * 1024)
  })

  test('is downloaded completely with constant memory', async () => {
    const before = residentBytes()
    const [length, digest] = await new Promise<[number, string]>((resolve, reject) => {
      const hash = createHash('sha1')
      let received = 0
      const options = { socketPath: toolbox.socketPath, path: `/process/run/${id}/journal/download`, agent: false }
      const request = httpRequest(options, (response) => {
        response.on('data', (chunk: Buffer) => {
          received += chunk.length
          hash.update(chunk)
        })
        response.on('end', () => resolve([received, hash.digest('hex')]))
      })
      request.on('error', reject)
      request.end()
    })
    expect(length).toBe(size)
    const expected = createHash('sha1')
    for (let i = 0; i < 999; i += 1) expected.update(Buffer.alloc(1_000_000))
    expected.update(Buffer.alloc(1_000_000 - 9)).update('the end.\n')
    expect(digest).toBe(expected.digest('hex'))
    expect(residentBytes() - before).toBeLessThan(64 * 1024 * 1024)
    await toolbox.request(`/process/run/${id}`, { method: 'DELETE' })
  })
})
