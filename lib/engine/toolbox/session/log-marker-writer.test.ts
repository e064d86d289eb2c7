import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JournalStream } from '@/lib/process-api/extensions'
import { LogMarkerReader } from '@/lib/process-api/log-markers'
import { LogMarkerWriter } from './log-marker-writer'

type Demultiplex = (
  socket: EventEmitter,
  onStdout: (text: string) => void,
  onStderr: (text: string) => void,
) => Promise<void>

/** The demultiplexer of the official SDK, as installed; it is not exported, so its file is loaded. */
const sdk = createRequire(import.meta.url).resolve('@daytona/sdk')
const { stdDemuxStream } = createRequire(import.meta.url)(path.join(path.dirname(sdk), 'utils/Stream.js')) as {
  stdDemuxStream: Demultiplex
}

interface Payload {
  stream: JournalStream
  text: string
}

function frames(payloads: readonly Payload[]): Uint8Array[] {
  const writer = new LogMarkerWriter()
  return [...payloads.flatMap(({ stream, text }) => writer.write(stream, Buffer.from(text, 'latin1'))), ...writer.end()]
}

function expected(payloads: readonly Payload[]) {
  const of = (stream: string) => payloads.map((it) => (it.stream === stream ? it.text : '')).join('')
  return { stdout: of('stdout'), stderr: of('stderr') }
}

/** All bytes here are below 128, so the SDK's text is the bytes. */
async function throughSdk(frames: readonly Uint8Array[]) {
  const socket = new EventEmitter()
  const seen = { stdout: '', stderr: '' }
  const done = stdDemuxStream(
    socket,
    (text) => {
      seen.stdout += text
    },
    (text) => {
      seen.stderr += text
    },
  )
  for (const frame of frames) socket.emit('message', frame)
  socket.emit('close')
  await done
  return seen
}

function throughReader(log: Uint8Array) {
  const reader = new LogMarkerReader()
  const seen = { stdout: '', stderr: '' }
  for (const { stream, data } of [...reader.push(log), ...reader.end()]) {
    seen[stream] += Buffer.from(data).toString('latin1')
  }
  return seen
}

const out = (text: string): Payload => ({ stream: 'stdout', text })
const err = (text: string): Payload => ({ stream: 'stderr', text })

describe('frames', () => {
  test('ordinary output is one marker and the bytes', () => {
    expect(frames([out('one\n'), err('two')]).map((it) => Buffer.from(it).toString('latin1'))).toEqual([
      '\x01\x01\x01one\n',
      '\x02\x02\x02two',
    ])
  })

  test.each<[string, Payload[]]>([
    ['a triple in the middle', [out('a\x01\x01\x01b')]],
    ['a triple of the other stream', [out('a\x02\x02\x02b'), err('a\x01\x01\x01b')]],
    ['a triple at the end', [out('a\x01\x01\x01')]],
    ['nothing but a triple', [out('\x01\x01\x01')]],
    ['long runs', [out('\x01'.repeat(20)), err('\x02'.repeat(21)), out('x')]],
    ['a run that arrives in payloads', [out('a\x01'), out('\x01'), out('\x01'), out('\x01b')]],
    [
      'a marker byte before the other stream',
      [out('a\x01'), err('\x02b'), out('\x02c'), err('d\x02'), err('\x02\x02')],
    ],
    ['one marker byte at the end', [out('a\x01')]],
    ['marker bytes mixed', [out('\x01\x02\x01\x01\x02\x02\x01\x01\x01\x02\x02\x02'), err('\x02\x01\x02\x02\x02\x01x')]],
  ])('%s comes back exactly', async (_what, payloads) => {
    const sent = frames(payloads)
    expect(await throughSdk(sent)).toEqual(expected(payloads))
    expect(throughReader(Buffer.concat(sent))).toEqual(expected(payloads))
  })

  test('random output in random payloads comes back exactly, in frames that keep the rules', async () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return Math.floor((seed / 2147483648) * below)
    }
    for (let round = 0; round < 600; round += 1) {
      const payloads: Payload[] = []
      const count = 1 + random(8)
      for (let i = 0; i < count; i += 1) {
        const text = Array.from({ length: 1 + random(9) }, () => String.fromCharCode(1 + random(2 + random(3)))).join(
          '',
        )
        payloads.push(random(2) === 0 ? out(text) : err(text))
      }
      // The one thing that no frame can express to the SDK is a log that ends in a lone marker byte of another stream.
      payloads.push(random(2) === 0 ? out('.') : err('.\x02\x01'))
      const sent = frames(payloads)
      const detail = JSON.stringify({ payloads, sent: sent.map((it) => Buffer.from(it).toString('hex')) })
      expect(await throughSdk(sent), detail).toEqual(expected(payloads))
      expect(throughReader(Buffer.concat(sent)), detail).toEqual(expected(payloads))
      for (const frame of sent.slice(0, -1)) {
        expect([1, 2]).toContain(frame[0])
        expect([frame[1], frame[2]]).toEqual([frame[0], frame[0]])
        expect(frame.length).toBeGreaterThan(3)
      }
    }
  })

  test('a prompt is not held back', () => {
    const writer = new LogMarkerWriter()
    expect(writer.write('stdout', Buffer.from('Name? '))).toHaveLength(1)
  })

  test('a stream of marker bytes alone is sent in bounded frames', async () => {
    const writer = new LogMarkerWriter()
    const sent: Uint8Array[] = []
    for (let i = 0; i < 4; i += 1) sent.push(...writer.write('stdout', Buffer.alloc(48 * 1024, 1)))
    sent.push(...writer.write('stdout', Buffer.from('.')))
    expect(Math.max(...sent.map((it) => it.length))).toBeLessThan(70_000)
    const seen = await throughSdk(sent)
    expect(seen.stdout.length).toBe(4 * 48 * 1024 + 1)
    expect(seen.stderr).toBe('')
  })
})
