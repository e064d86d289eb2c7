/** A large file into a sandbox and out of it. */
import { Readable } from 'node:stream'
import { pipeIntoFile } from '../floors'
import { type Measure, megabytes, rate } from '../measure'
import { growthDuring } from '../memory'

const bytes = 2 * 1024 ** 3
const mostGrowth = 64 * 1024 * 1024
const boundary = 'sandglass-bench'

/** A multipart body that is made while it is sent. */
function* upload(): Generator<Buffer> {
  const block = Buffer.alloc(1024 * 1024, 'sandglass')
  yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="large"\r\n\r\n`)
  for (let sent = 0; sent < bytes; sent += block.length) yield block
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

export const files: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const floor = await pipeIntoFile(`head -c ${bytes} /dev/zero`, bytes, bench.folder)
  const timed = (work: () => Promise<number>) =>
    growthDuring(bench.product.dataDir, async () => {
      const begun = performance.now()
      const value = await work()
      return { value, speed: bytes / ((performance.now() - begun) / 1000) }
    })
  const up = await timed(() =>
    bench.client.send(
      sandbox.id,
      '/files/upload?path=large',
      { 'content-type': `multipart/form-data; boundary=${boundary}` },
      Readable.from(upload()),
    ),
  )
  if (up.outcome.value !== 200) throw new Error(`the upload answered ${up.outcome.value}`)
  const down = await timed(() => bench.client.drain(sandbox.id, '/files/download?path=large'))
  if (down.outcome.value !== bytes) throw new Error(`${down.outcome.value} of ${bytes} bytes were downloaded`)
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return [
    { what: '2 GB file uploaded', ...up },
    { what: '2 GB file downloaded', ...down },
  ].map(({ what, outcome, growth }) => ({
    what,
    floor: rate(floor),
    measured: `${rate(outcome.speed)}, memory +${megabytes(growth)}`,
    target: `memory < +${megabytes(mostGrowth)}`,
    reached: growth < mostGrowth,
    figures: { floorBytesPerSecond: floor, bytesPerSecond: outcome.speed, memoryGrowth: growth },
  }))
}
