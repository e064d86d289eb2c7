import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HistoryPage, HistoryUnavailable } from '@/lib/process-api/history'
import { parseHistoryFilter } from '@/lib/process-api/history-filter'
import { plainExecution } from '@/lib/process-api/plain-shapes'
import { commandDetailSchema } from '@/lib/process-api/process'
import { FakeTarget, fakeIds } from '@/test-kit/fake-target'
import { HistoryService } from './history-service'

const everything = parseHistoryFilter('')
let folder: string
let target: FakeTarget
const services: HistoryService[] = []

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-history-'))
  target = new FakeTarget('extended')
  await target.start()
})

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()))
  await target.stop()
  rmSync(folder, { recursive: true, force: true })
})

const file = () => path.join(folder, 'console.db')

function start(): HistoryService {
  const service = new HistoryService(
    {
      file: file(),
      migrations: path.join(import.meta.dirname, '..', 'store', 'migrations'),
      days: 30,
      maxEntries: 1_000,
    },
    { list: () => [{ name: 'local' }], client: () => target.client() },
  )
  services.push(service)
  service.start()
  return service
}

function entriesOf(page: HistoryPage | HistoryUnavailable) {
  return 'unavailable' in page ? page.unavailable : page.entries
}

/** Waits until the history has exactly these entries. */
async function expectEntries(service: HistoryService, entries: object[]): Promise<void> {
  await expect
    .poll(async () => entriesOf(await service.page('local', everything)), { timeout: 20_000 })
    .toEqual(entries.map((entry) => expect.objectContaining(entry)))
}

const running = { executionId: fakeIds.commandId, sandboxName: 'box', title: 'make', state: 'running' }

test('stores what the target lists at the start, and how it ended after a restart', async () => {
  const first = start()
  await expectEntries(first, [running])
  await first.close()
  target.end(2)
  const second = start()
  await expectEntries(second, [{ ...running, state: 'failed', exitCode: 2 }])
})

test('stores events as they arrive', async () => {
  const service = start()
  await expectEntries(service, [running])
  await expect.poll(() => target.eventSockets.size).toBe(1)
  const { exitCode, ...ended } = plainExecution(0)
  const command = commandDetailSchema.parse({
    ...ended,
    id: fakeIds.commandId,
    command: 'make',
    exitCode: exitCode ?? undefined,
    state: 'succeeded',
    mode: 'wait',
  })
  const { sandboxId, sessionId } = fakeIds
  target.publish({ type: 'command', sandboxId, sessionId, command })
  await expectEntries(service, [{ ...running, state: 'succeeded', exitCode: 0, removed: false }])
  target.publish({ type: 'session-deleted', sandboxId, sessionId })
  await expectEntries(service, [{ ...running, state: 'succeeded', removed: true }])
  target.publish({ type: 'sandbox-deleted', sandboxId })
  await expectEntries(service, [{ ...running, state: 'succeeded', sandboxDeleted: true }])
})

test('builds the history again when the database was deleted while the console runs', async () => {
  const service = start()
  await expectEntries(service, [running])
  for (const suffix of ['', '-wal', '-shm']) rmSync(file() + suffix)
  await expect.poll(() => target.eventSockets.size).toBe(1)
  target.publish({ type: 'sandbox-deleted', sandboxId: 'another' })
  await expect.poll(() => statSync(file(), { throwIfNoEntry: false })?.isFile(), { timeout: 20_000 }).toBe(true)
  await expectEntries(service, [running])
})

test('says why there is no history with a damaged database, and continues once it was moved away', async () => {
  writeFileSync(file(), 'not a database\n'.repeat(1_000))
  const service = start()
  await expect
    .poll(async () => entriesOf(await service.page('local', everything)))
    .toBe(`The database ${file()} is damaged. Move the file away: Sandglass then creates a new one.`)
  rmSync(file())
  await expectEntries(service, [running])
})
