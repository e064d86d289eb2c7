import { statfsSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { DiskSpace } from './disk-space'

vi.mock('node:fs', async (original) => ({ ...(await original<typeof import('node:fs')>()), statfsSync: vi.fn() }))

const kib = 1024
const mib = 1024 * kib

function disk(free: number, size: number): void {
  const stats = { bsize: 1, blocks: size, bavail: free, bfree: free, files: 0, ffree: 0, type: 0 }
  vi.mocked(statfsSync).mockReturnValue(stats as ReturnType<typeof statfsSync>)
}

afterEach(() => {
  vi.mocked(statfsSync).mockReset()
  vi.useRealTimers()
})

test('a small disk keeps its reserve, however much is written', () => {
  const size = 4 * mib
  let free = size
  disk(free, size)
  const space = new DiskSpace('/')
  while (space.allows(64 * kib)) {
    free -= 64 * kib
    disk(free, size)
  }
  expect(free).toBeGreaterThanOrEqual(size / 50 - 64 * kib)
  expect(free).toBeLessThan(size / 50 + 128 * kib)
})

test('a big disk is checked once per 16 MiB', () => {
  disk(500 * 1024 * mib, 1000 * 1024 * mib)
  const space = new DiskSpace('/')
  for (let i = 0; i < 1024; i += 1) expect(space.allows(64 * kib)).toBe(true)
  expect(vi.mocked(statfsSync).mock.calls.length).toBe(4)
})

test('a full disk is checked again after a while', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  disk(0, 100 * mib)
  const space = new DiskSpace('/')
  expect(space.allows(1)).toBe(false)
  disk(50 * mib, 100 * mib)
  expect(space.allows(1)).toBe(false)
  vi.advanceTimersByTime(600)
  expect(space.allows(1)).toBe(true)
})

test('a file system that does not report its free space allows everything', () => {
  vi.mocked(statfsSync).mockImplementation(() => {
    throw new Error('ENOSYS')
  })
  expect(new DiskSpace('/').allows(10 * mib)).toBe(true)
})
