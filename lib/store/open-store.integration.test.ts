import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseHistoryFilter } from '@/lib/process-api/history-filter'
import type { ExecutionRecord } from './history/history-store'
import { openStore, type Store } from './open-store'

const migrations = path.join(import.meta.dirname, 'migrations')
const everything = parseHistoryFilter('')

let folder: string
let file: string
const opened: Store[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-store-'))
  file = path.join(folder, 'console.db')
})

afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<Store> {
  const store = await openStore(file, migrations)
  opened.push(store)
  return store
}

function record(executionId: string, at: number, fields: Partial<ExecutionRecord> = {}): ExecutionRecord {
  return {
    target: 'local',
    sandboxId: 'one',
    kind: 'run',
    parentId: '',
    executionId,
    at,
    startedAt: at,
    endedAt: at + 5,
    durationMs: 5,
    language: 'python',
    origin: 'run',
    state: 'succeeded',
    exitCode: 0,
    signal: null,
    reason: 'exited',
    message: null,
    timeoutSeconds: null,
    outputBytes: 0,
    stderrBytes: 0,
    title: '',
    text: 'print(1)',
    textComplete: true,
    ...fields,
  }
}

async function add(store: Store, ...records: ExecutionRecord[]): Promise<void> {
  await store.history.write(records.map((it) => ({ type: 'execution', record: it })))
}

/** 20,000 characters that the index of texts cannot store in less. */
function text(seed: number): string {
  return Array.from({ length: 2_500 }, (_, index) => ((seed + 1) * 7_919 * (index + 1)).toString(36))
    .join(' ')
    .slice(0, 20_000)
}

async function ids(store: Store, filter = '', sandboxId?: string): Promise<string[]> {
  const { entries } = await store.history.page('local', parseHistoryFilter(filter), undefined, sandboxId)
  return entries.map((entry) => entry.executionId)
}

describe('the file', () => {
  test('is readable by its owner only, with its journals', async () => {
    await add(await open(), record('a', 1))
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600)
  })

  test('that is damaged is reported and left as it is', async () => {
    const garbage = 'not a database\n'.repeat(1000)
    writeFileSync(file, garbage)
    await expect(openStore(file, migrations)).rejects.toMatchObject({ problem: 'damaged' })
    expect(readFileSync(file, 'utf8')).toBe(garbage)
  })

  test('of a newer version is reported', async () => {
    ;(await open()).close()
    opened.pop()
    const client = createClient({ url: `file:${file}` })
    await client.execute('PRAGMA user_version = 999')
    client.close()
    await expect(openStore(file, migrations)).rejects.toMatchObject({ problem: 'newer' })
  })

  test('that another program has locked is reported, and can be written afterwards', async () => {
    const store = await open()
    const client = createClient({ url: `file:${file}` })
    const transaction = await client.transaction('write')
    await expect(add(store, record('a', 1))).rejects.toMatchObject({ problem: 'locked' })
    await expect(add(store, record('a', 1))).rejects.toMatchObject({ problem: 'locked' })
    expect(await ids(store)).toEqual([])
    await transaction.rollback()
    client.close()
    await add(store, record('a', 1))
    expect(await ids(store)).toEqual(['a'])
  })

  test('in a folder that does not exist is reported', async () => {
    await expect(openStore(path.join(folder, 'none', 'x.db'), migrations)).rejects.toMatchObject({
      problem: 'unusable',
    })
  })

  // Only root can mount a small disk.
  test.runIf(process.getuid?.() === 0)(
    'on a full disk is reported, still read, and written once there is space',
    async () => {
      const small = path.join(folder, 'small')
      mkdirSync(small)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'small', small])
      file = path.join(small, 'console.db')
      try {
        const store = await open()
        await add(store, record('first', 1))
        const fill = async () => {
          for (let index = 0; index < 200; index += 1) await add(store, record(`e${index}`, 2, { text: text(index) }))
        }
        await expect(fill()).rejects.toMatchObject({ problem: 'full' })
        store.close()
        execFileSync('mount', ['-o', 'remount,size=64m', small])
        const again = await open()
        expect(await ids(again, 'print(1)')).toEqual(['first'])
        await add(again, record('last', 3))
        expect((await ids(again))[0]).toBe('last')
      } finally {
        for (const store of opened.splice(0)) store.close()
        execFileSync('umount', ['--lazy', small])
      }
    },
  )

  test('that was deleted is noticed', async () => {
    const store = await open()
    expect(store.isLost()).toBe(false)
    rmSync(file)
    expect(store.isLost()).toBe(true)
  })

  test('has whole transactions only after its writer was killed', async () => {
    ;(await open()).close()
    opened.pop()
    const writer = spawn(process.execPath, [path.join(import.meta.dirname, 'test', 'batch-writer.mjs'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let written = 0
    for await (const text of writer.stdout.setEncoding('utf8')) {
      written += String(text).split('\n').length - 1
      if (written >= 20) break
    }
    const exited = writer.exitCode === null ? once(writer, 'exit') : null
    writer.kill('SIGKILL')
    await exited
    const client = createClient({ url: `file:${file}` })
    const { rows } = await client.execute(
      'SELECT execution_id AS batch, count(*) AS count FROM history_executions GROUP BY sandbox_id',
    )
    client.close()
    expect(rows.length).toBeGreaterThanOrEqual(20)
    expect(new Set(rows.map((row) => row.count))).toEqual(new Set([10]))
    expect((await (await open()).history.page('local', everything)).entries).toHaveLength(100)
  })
})

describe('the history', () => {
  test('is listed newest first, a page at a time, without gaps or repetitions', async () => {
    const store = await open()
    // Several have the same time.
    const records = Array.from({ length: 250 }, (_, index) => record(`e${index}`, 1_000 + Math.floor(index / 7)))
    await add(store, ...records)
    const found: string[] = []
    let before: { at: number; id: number } | undefined
    for (;;) {
      const page = await store.history.page('local', everything, before)
      found.push(...page.entries.map((entry) => entry.executionId))
      if (page.next === null) break
      const [at = 0, id = 0] = page.next.split('.').map(Number)
      before = { at, id }
    }
    expect(found).toEqual(records.map((it) => it.executionId).reverse())
  })

  test('does not return to "running" when an older list arrives late', async () => {
    const store = await open()
    await add(store, record('a', 1, { state: 'failed', exitCode: 2 }))
    await add(store, record('a', 1, { state: 'running', exitCode: null, endedAt: null, durationMs: null }))
    const { entries } = await store.history.page('local', everything)
    expect(entries).toMatchObject([{ state: 'failed', exitCode: 2 }])
  })

  test('keeps the whole text when a list has its beginning only', async () => {
    const store = await open()
    const key = { target: 'local', sandboxId: 'one', kind: 'run', parentId: '', executionId: 'a' } as const
    await add(store, record('a', 1, { text: 'import this', textComplete: false }))
    await store.history.write([{ type: 'details', key, language: 'python', details: { text: 'import this\nwhole()' } }])
    await add(store, record('a', 1, { text: 'import this', textComplete: false }))
    const [entry] = (await store.history.page('local', everything)).entries
    expect(await store.history.detail('local', entry?.id ?? 0)).toMatchObject({
      text: 'import this\nwhole()',
      textTruncated: false,
    })
    expect(await ids(store, 'whole')).toEqual(['a'])
  })

  test('is searched by text, state, exit code, language, sandbox, label, tag and time', async () => {
    const store = await open()
    await store.history.write([
      { type: 'sandbox', target: 'local', sandboxId: 'one', name: 'api-worker', labels: { team: 'api' } },
      { type: 'sandbox', target: 'local', sandboxId: 'two', name: 'web', labels: { team: 'web' } },
    ])
    await add(
      store,
      record('a', 1_000, { text: 'df.head("100%")' }),
      record('b', 2_000, { text: 'ls -la', language: 'shell', state: 'failed', exitCode: 2 }),
      record('c', Date.now(), { sandboxId: 'two', text: 'rm "x y"', language: 'shell' }),
    )
    const [newest] = (await store.history.page('local', everything)).entries
    await store.history.annotate('local', newest?.id ?? 0, { pinned: true, tags: ['slow'], name: 'Clean up' })
    const cases: Record<string, string[]> = {
      'f.hea': ['a'],
      'HEAD( 100%': ['a'],
      '%': ['a'],
      ls: ['b'],
      'no such text': [],
      'state:failed': ['b'],
      'exit:2 language:shell': ['b'],
      'exit:2 language:python': [],
      'sandbox:api': ['b', 'a'],
      'label:team=web': ['c'],
      'label:team=none': [],
      'tag:slow': ['c'],
      'is:pinned': ['c'],
      'clean up': ['c'],
      'since:1h': ['c'],
      'until:1970-01-02': ['b', 'a'],
    }
    for (const [filter, expected] of Object.entries(cases)) expect(await ids(store, filter), filter).toEqual(expected)
    expect(await ids(store, '', 'two')).toEqual(['c'])
    expect((await store.history.page('other', everything)).entries).toEqual([])
  })

  test('groups identical executions', async () => {
    const store = await open()
    const fails = [3, 8, 11]
    const records = Array.from({ length: 14 }, (_, index) =>
      record(`e${index}`, 1_000 + index, fails.includes(index) ? { state: 'failed', exitCode: 1 } : {}),
    )
    await add(store, record('other', 500, { text: 'print(2)' }), ...records)
    const { groups, next } = await store.history.groups('local', everything)
    expect(groups).toMatchObject([
      { count: 14, failed: 3, last: { executionId: 'e13' } },
      { count: 1, failed: 0, last: { executionId: 'other' } },
    ])
    expect(next).toBeNull()
  })

  test('ends what runs in a deleted sandbox as unknown, and removes it after the retention unless it is pinned', async () => {
    const store = await open()
    await store.history.write([{ type: 'sandbox', target: 'local', sandboxId: 'one', name: 'one', labels: {} }])
    await add(store, record('a', 1, { state: 'running', exitCode: null }), record('b', 2))
    await store.history.write([{ type: 'sandbox-deleted', target: 'local', sandboxId: 'one', at: 1_000 }])
    const { entries } = await store.history.page('local', everything)
    expect(entries).toMatchObject([
      { executionId: 'b', state: 'succeeded', sandboxDeleted: true },
      { executionId: 'a', state: 'lost', exitCode: null },
    ])
    await store.history.annotate('local', entries[0]?.id ?? 0, { pinned: true })
    await store.history.purge({ before: 1_000, maxEntries: 10 })
    expect(await ids(store)).toEqual(['b', 'a'])
    await store.history.purge({ before: 1_001, maxEntries: 10 })
    expect(await ids(store)).toEqual(['b'])
    expect(await ids(store, 'print')).toEqual(['b'])
  })

  test('removes the oldest entries beyond the maximum', async () => {
    const store = await open()
    await add(store, ...Array.from({ length: 20 }, (_, index) => record(`e${index}`, index)))
    await store.history.purge({ before: 0, maxEntries: 5 })
    expect(await ids(store)).toEqual(['e19', 'e18', 'e17', 'e16', 'e15'])
  })
})
