import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'

const unshare = findProgram('unshare')
let engine: EngineFixture | null = null

afterEach(async () => {
  await engine?.stop()
})

/** The mounts as a process sees them. */
function mountsOf(pid: number | 'self'): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'latin1').trim().split('\n')
  return lines.map((line) => line.split(' ')[4] ?? '').sort()
}

// systemd makes all mounts of a host shared, so that an unmount in one namespace affects the others.
describe.runIf(process.getuid?.() === 0 && unshare !== null)('an engine of root on a host with shared mounts', () => {
  test('leaves them unchanged', async () => {
    engine = await startEngine({ through: [unshare ?? '', '--mount', '--propagation', 'shared', '--'] })
    const { id } = await engine.createSandbox()
    expect(mountsOf(engine.pid)).toEqual(mountsOf('self'))
    await engine.api('DELETE', `/sandbox/${id}`)
    expect(mountsOf(engine.pid)).toEqual(mountsOf('self'))
  })
})
