/** Archives: a stopped sandbox's home becomes one compressed file and comes back unchanged, whatever is interrupted. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { type EngineFixture, startEngine, userSetups } from './engine-fixture'
import { eventually } from './toolbox-fixture'

describe.each(userSetups)('$isolation as $as', ({ isolation, user }) => {
  let engine: EngineFixture
  beforeAll(async () => {
    engine = await startEngine({ isolation, ...(user ? { user } : {}) })
  })
  afterAll(() => engine.stop())

  const run = async (id: string, command: string) => {
    const answer = await engine.toolbox(id, 'POST', '/process/execute', { command })
    return answer.json<ExecuteResponse>().result
  }
  const get = async (id: string) => (await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()
  const change = async (id: string, route: string) => {
    const answer = await engine.api('POST', `/sandbox/${id}/${route}`)
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return answer.json<SandboxDto>()
  }
  const folderOf = (id: string, name = '') => path.join(engine.dataDir, 'sandboxes', id, name)
  /** Stop and archive. */
  const archive = async (id: string) => {
    await change(id, 'stop')
    const sandbox = await change(id, 'archive')
    expect([sandbox.state, sandbox.desiredState]).toEqual(['archived', 'archived'])
    return sandbox
  }

  test('odd names, permissions, times, links, holes and attributes come back; the space is free meanwhile', async () => {
    const { id } = await engine.createSandbox()
    await run(
      id,
      [
        'printf secret > closed; chmod 000 closed; mkdir -p shut/in; echo deep > shut/in/file; chmod 000 shut/in shut',
        "printf x > suid; chmod 4755 suid; mkfifo pipe; touch -d '1950-01-01' old; touch -d '2024-01-02 03:04:05.678901234' exact",
        'ln -s /etc/shadow link; ln -s ../.. up; ln -s nowhere dangling; ln closed twin',
        "touch $'new\\nline' $'\\xff\\xfe' -- '-rf' 'ä ö' '*'; mkdir $'dir\\x80'; echo in > $'dir\\x80/f'",
        'truncate -s 50G hollow; printf end | dd of=hollow bs=1 seek=53687091197 conv=notrunc',
        'head -c 3000000 /dev/zero > zeros; mkdir empty; touch .hidden',
        'python3 -c \'import os; os.setxattr("zeros", "user.note", b"kept")\' || true',
        `python3 -c 'import os; os.makedirs("/".join(["d" * 200] * 12)); open("n" * 255, "w")'`,
      ].join('\n'),
    )
    const look =
      "find . -printf '%p %y %#m %s %T@ %n %l\\n' | grep -v -e '^\\. ' -e cache | LC_ALL=C sort | od -c | md5sum; du -k hollow | cut -f1; python3 -c 'import os; print(os.listxattr(\"zeros\"))'; chmod 600 closed; cat closed; chmod 0 closed; readlink link up dangling; cat $'dir\\x80/f'; tail -c 3 hollow"
    const before = await run(id, look)
    expect(before).toContain('secret/etc/shadow\n../..\nnowhere\nin\nend')
    const archived = await archive(id)
    expect(archived.diskUsage?.homeBytes).toBeLessThan(64 * 1024)
    expect(readdirSync(folderOf(id, 'home'))).toEqual([])
    expect(readdirSync(path.join(engine.dataDir, 'deleted'))).toEqual([])
    expect(statSync(folderOf(id, 'home.tar.gz')).size).toBeLessThan(256 * 1024)
    expect((await change(id, 'start')).state).toBe('started')
    expect(await run(id, look)).toBe(before)
    expect(existsSync(folderOf(id, 'home.tar.gz'))).toBe(false)
  })

  test('variables of a sandbox, such as TAR_OPTIONS, change nothing in its archive and its forks', async () => {
    const { id } = await engine.createSandbox({ env: { TAR_OPTIONS: '--exclude=*kept*', LD_PRELOAD: '/nowhere.so' } })
    await run(id, 'echo kept > kept')
    await archive(id)
    await change(id, 'start')
    expect(await run(id, 'cat kept 2>&1')).toContain('kept\n')
    const fork = (await engine.api('POST', `/sandbox/${id}/fork`, {})).json<SandboxDto>()
    expect(await run(fork.id, 'ls')).toContain('kept\n')
  })

  test('links and attributes that tar fails to restore in its usual way come back or are left out', async () => {
    const { id } = await engine.createSandbox()
    await run(
      id,
      [
        'for i in 1 2 3 4; do mkdir d$i; done; echo linked > d3/f; for i in 1 2 4; do ln d3/f d$i/f; done; chmod 000 d?',
        `python3 -c 'import os; open("r", "w").write("read-only"); os.setxattr("r", "user.a", b"b")' || printf read-only > r`,
        'chmod 444 r',
      ].join('\n'),
    )
    await archive(id)
    expect((await change(id, 'start')).state).toBe('started')
    expect(await run(id, 'stat -c %a d? r; chmod 700 d?; cat d?/f r; stat -c %h d1/f')).toBe(
      `${'0\n'.repeat(4)}444\n${'linked\n'.repeat(4)}read-only4\n`,
    )
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  // Archived, such files could never be restored, and tar took 3 GB of memory for 3,000 folders.
  test('a path that is too long to be unpacked is refused, and the files stay', async () => {
    const { id } = await engine.createSandbox()
    const nest = (count: number) =>
      run(
        id,
        `cd ~; n=$(printf 'd%.0s' $(seq 255)); for i in $(seq ${count}); do mkdir $n 2>/dev/null; cd -P $n; done; pwd | wc -c`,
      )
    await nest(20)
    await run(id, 'echo kept > file')
    await change(id, 'stop')
    const refused = await engine.api('POST', `/sandbox/${id}/archive`)
    expect([refused.status, refused.text]).toEqual([
      422,
      expect.stringContaining('a path in them is longer than 4093 bytes'),
    ])
    expect((await get(id)).state).toBe('stopped')
    await change(id, 'start')
    expect(await run(id, 'cat file; rm -rf d*')).toBe('kept\n')
    // 15 names of 255 bytes with slashes, and one to the limit.
    await run(
      id,
      `cd ~; n=$(printf 'd%.0s' $(seq 255)); for i in $(seq 15); do mkdir $n; cd -P $n; done; touch $(printf 'f%.0s' $(seq 253))`,
    )
    await archive(id)
    expect((await change(id, 'start')).state).toBe('started')
    expect(await run(id, 'find . -name "fff*" | wc -c')).toBe('4096\n')
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('an engine that is killed while it archives or restores loses nothing', async () => {
    const { id } = await engine.createSandbox()
    await run(id, 'head -c 60000000 /dev/urandom > data; sha256sum data > sum; chmod 500 .')
    const check = () => run(id, 'sha256sum -c sum')
    await change(id, 'stop')
    const interrupted = engine.api('POST', `/sandbox/${id}/archive`).catch(() => null)
    await eventually('part of it is written', () => {
      const draft = statSync(folderOf(id, 'home.tar.gz.part'), { throwIfNoEntry: false })
      return draft !== undefined && draft.size > 1_000_000
    })
    expect((await get(id)).state).toBe('archiving')
    await engine.kill9()
    await interrupted
    await engine.restart()
    expect((await get(id)).state).toBe('stopped')
    expect(readdirSync(folderOf(id)).filter((name) => name.startsWith('home'))).toEqual(['home'])
    await change(id, 'archive')

    const starting = engine.api('POST', `/sandbox/${id}/start`).catch(() => null)
    await eventually('part of it is restored', async () => {
      const restored = statSync(folderOf(id, 'home/data'), { throwIfNoEntry: false })
      return restored !== undefined && restored.size > 1_000_000
    })
    expect((await get(id)).copy?.action).toBe('restore')
    await engine.kill9()
    await starting
    await engine.restart()
    await eventually('it runs', async () => (await get(id)).state === 'started', 20_000)
    expect(await check()).toBe('data: OK\n')
    expect(existsSync(folderOf(id, 'home.tar.gz'))).toBe(false)
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('a crash between two steps is completed when the engine starts', async () => {
    const { id } = await engine.createSandbox()
    await run(id, 'echo one > file')
    await archive(id)
    copyFileSync(folderOf(id, 'home.tar.gz'), folderOf(id, 'saved'))
    await engine.terminate()
    // Its home was not removed yet.
    writeFileSync(folderOf(id, 'home/file'), 'not removed yet')
    symlinkSync('/etc', folderOf(id, 'home/link'))
    await engine.restart()
    expect([(await get(id)).state, readdirSync(folderOf(id, 'home'))]).toEqual(['archived', []])
    expect(existsSync('/etc/passwd')).toBe(true)
    await change(id, 'start')
    expect(await run(id, 'cat file; ls; echo two > file')).toBe('one\nfile\n')
    await change(id, 'stop')
    await engine.terminate()
    // Its archive was not removed yet, after a restore or before the record was saved.
    copyFileSync(folderOf(id, 'saved'), folderOf(id, 'home.tar.gz'))
    await engine.restart()
    expect([(await get(id)).state, existsSync(folderOf(id, 'home.tar.gz'))]).toEqual(['stopped', false])
    await change(id, 'start')
    expect(await run(id, 'cat file')).toBe('two\n')
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('a damaged archive is reported and kept, and can be started once it is repaired', async () => {
    const { id } = await engine.createSandbox()
    await run(id, 'head -c 100000 /dev/urandom > data; sha256sum data > sum')
    await archive(id)
    const file = folderOf(id, 'home.tar.gz')
    copyFileSync(file, folderOf(id, 'saved'))
    execFileSync('truncate', ['-s', '-100', file])
    expect((await engine.api('POST', `/sandbox/${id}/start`)).status).toBe(503)
    expect((await get(id)).state).toBe('error')
    expect((await engine.api('POST', `/sandbox/${id}/fork`, {})).status).toBe(409)
    expect((await change(id, 'stop')).state).toBe('archived')
    copyFileSync(folderOf(id, 'saved'), file)
    await change(id, 'start')
    expect(await run(id, 'sha256sum -c sum')).toBe('data: OK\n')
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('only a stopped sandbox is archived; an archived one is not stopped, copied or used, but deleted', async () => {
    const { id } = await engine.createSandbox({ name: `life-${isolation}` })
    const refusal = async (route: string, body?: unknown) => {
      const answer = await engine.api('POST', `/sandbox/${id}/${route}`, body)
      return [answer.status, answer.json<{ message: string }>().message]
    }
    expect(await refusal('archive')).toEqual([400, expect.stringContaining('Sandbox is not stopped')])
    const session = await engine.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
    expect(session.status).toBe(201)
    await archive(id)
    expect((await change(id, 'archive')).state).toBe('archived')
    expect((await refusal('stop'))[0]).toBe(400)
    expect(await refusal('fork', {})).toEqual([409, expect.stringContaining('is archived; start it first')])
    expect((await refusal('snapshot', { name: 'none' }))[0]).toBe(409)
    const used = await engine.toolbox(id, 'POST', '/process/execute', { command: 'true' })
    expect([used.status, used.text]).toEqual([409, expect.stringContaining('is archived; start it first')])
    expect((await engine.toolbox(id, 'GET', '/process/session')).json()).toMatchObject([{ sessionId: 's' }])
    await engine.restart()
    expect((await get(id)).state).toBe('archived')
    expect((await engine.api('DELETE', `/sandbox/${id}`)).status).toBe(200)
    expect(existsSync(folderOf(id))).toBe(false)
  })

  test('a sandbox that has been stopped for its interval is archived by itself, another is not', async () => {
    const [due, recent] = [await engine.createSandbox({ autoArchiveInterval: 60 }), await engine.createSandbox()]
    for (const { id } of [due, recent]) {
      await run(id, 'echo kept > file')
      await change(id, 'stop')
    }
    await engine.terminate()
    for (const { id } of [due, recent]) {
      const record = JSON.parse(readFileSync(folderOf(id, 'sandbox.json'), 'utf8'))
      const stoppedAt = new Date(Date.now() - 61 * 60_000).toISOString()
      writeFileSync(folderOf(id, 'sandbox.json'), JSON.stringify({ ...record, stoppedAt }))
    }
    await engine.restart()
    await eventually('it is archived', async () => (await get(due.id)).state === 'archived')
    expect((await get(recent.id)).state).toBe('stopped')
    await change(due.id, 'start')
    expect(await run(due.id, 'cat file')).toBe('kept\n')
    for (const { id } of [due, recent]) await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('a disk without room leaves the files where they are, in the home or in the archive', async () => {
    const { id } = await engine.createSandbox()
    await run(id, 'echo kept > file')
    await change(id, 'stop')
    const { blocks, bsize } = statfsSync(engine.dataDir)
    const reserve = { SANDGLASS_DISK_RESERVE: `${Math.ceil((blocks * bsize) / 1024 ** 2)}M` }
    const refused = async (route: string) => {
      const answer = await engine.api('POST', `/sandbox/${id}/${route}`)
      return [answer.status, answer.json<{ message: string }>().message, (await get(id)).state]
    }
    await engine.restart(reserve)
    expect(await refused('archive')).toEqual([507, expect.stringContaining('the archive'), 'stopped'])
    await engine.restart()
    await change(id, 'archive')
    await engine.restart(reserve)
    expect(await refused('start')).toEqual([507, expect.stringContaining('restoring the files'), 'archived'])
    await engine.restart()
    await change(id, 'start')
    expect(await run(id, 'cat file')).toBe('kept\n')
    await engine.api('DELETE', `/sandbox/${id}`)
  })
})
