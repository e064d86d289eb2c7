/**
 * Uploads and downloads a large file. Floor and measurement do the same work: they copy a file within one file system, and
 * it counts as complete when it is on the disk (`fsync`), not when the kernel has accepted it.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { Bench } from '../bench'
import { copyFile } from '../floors'
import { type Measure, megabytes, type Result, rate } from '../measure'
import { growthDuring } from '../memory'

const bytes = 2 * 1024 ** 3
const block = 1024 * 1024
const share = 0.4
const maxGrowth = 64 * 1024 * 1024
const boundary = 'sandglass-bench'

export const files: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const folder = path.join(bench.folder, 'bench-files')
  await mkdir(folder)
  const [source, copy] = [path.join(folder, 'source'), path.join(folder, 'copy')]
  await fill(source)
  try {
    const up = await beside(bench, 'uploaded', { source, copy }, async () => {
      const status = await bench.client.send(
        sandbox.id,
        '/files/upload?path=large',
        { 'content-type': `multipart/form-data; boundary=${boundary}` },
        Readable.from(multipart(source)),
      )
      if (status !== 200) throw new Error(`the upload returned ${status}`)
      // The home of a sandbox is a folder of the host.
      return path.join(bench.folder, 'sandboxes', sandbox.id, 'home', 'large')
    })
    const down = await beside(bench, 'downloaded', { source, copy }, async () => {
      const sink = createWriteStream(copy, { highWaterMark: block })
      await bench.client.download(sandbox.id, '/files/download?path=large', sink)
      return copy
    })
    return [up, down]
  } finally {
    await rm(folder, { recursive: true, force: true })
    await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  }
}

/** @param work creates the file and resolves with its path on the host */
async function beside(
  bench: Bench,
  what: string,
  { source, copy }: { source: string; copy: string },
  work: () => Promise<string>,
): Promise<Result> {
  const floor = bytes / ((await copyFile(source, copy)) / 1000)
  await rm(copy)
  const { outcome, growth } = await growthDuring(bench.product.dataDir, async () => {
    const startedAt = performance.now()
    const file = await work()
    await toDisk(file)
    const elapsed = performance.now() - startedAt
    const { size } = await stat(file)
    if (size !== bytes) throw new Error(`${size} of ${bytes} bytes were ${what}`)
    return bytes / (elapsed / 1000)
  })
  return {
    what: `2 GB file ${what}, to the disk`,
    floor: rate(floor),
    measured: `${rate(outcome)}, memory +${megabytes(growth)}`,
    ratio: outcome / floor,
    target: `≥ ${rate(floor * share)}, memory < +${megabytes(maxGrowth)}`,
    reached: outcome >= floor * share && growth < maxGrowth,
    figures: { floorBytesPerSecond: floor, bytesPerSecond: outcome, memoryGrowth: growth },
  }
}

/** A multipart body that is read while it is sent. */
async function* multipart(file: string): AsyncGenerator<Buffer> {
  yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="large"\r\n\r\n`)
  yield* createReadStream(file, { highWaterMark: block })
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w')
  try {
    const data = Buffer.alloc(block, 'sandglass')
    for (let written = 0; written < bytes; written += block) await handle.write(data)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function toDisk(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.sync()
  await handle.close()
}
