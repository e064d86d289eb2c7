/** The official SDK's git calls and the raw routes, with real repositories over files, HTTP with a password, and SSH. */
import path from 'node:path'
import { Daytona, type Sandbox } from '@daytona/sdk'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorEnvelope } from '@/lib/process-api/errors'
import type { GitCommitInfo, GitStatus } from '@/lib/process-api/git'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture
let sandbox: Sandbox

beforeAll(async () => {
  engine = await startEngine()
  sandbox = await new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).create()
  await sandbox.git.setConfig('init.defaultBranch', 'main')
  await sandbox.git.configureUser('Ada', 'ada@example.org')
})
afterAll(() => engine.stop())

async function shell(command: string): Promise<string> {
  const { exitCode, result } = await sandbox.process.executeCommand(command)
  if (exitCode !== 0) throw new Error(`${command}: ${result}`)
  return result
}

/** Makes a bare repository with one commit on `main`, which has the file `a.txt`. */
async function makeOrigin(name: string): Promise<void> {
  await shell(`git init -q ${name}-work && cd ${name}-work && echo one > a.txt && git add . && git commit -qm first &&
    git clone -q --bare . ../${name}.git && cd .. && rm -rf ${name}-work`)
}

async function failure(method: string, route: string, body?: unknown): Promise<[number, string]> {
  const { status, code } = await errorOf(method, route, body)
  return [status, code]
}

async function errorOf(method: string, route: string, body?: unknown) {
  const response = await engine.toolbox(sandbox.id, method, route, body)
  const { code = '', message } = response.json<ErrorEnvelope>()
  return { status: response.status, code, message }
}

const fileOf = (status: GitStatus, name: string) => status.fileStatus.find((it) => it.name === name)

describe('a local repository', () => {
  test('is created, changed, committed and described', async () => {
    await sandbox.git.init('local', false, 'trunk')
    await sandbox.fs.uploadFile(Buffer.from('x\n'), 'local/täxt with space.md')
    await sandbox.fs.uploadFile(Buffer.from('y\n'), 'local/sub/b.md')
    expect(await sandbox.git.status('local')).toEqual({
      currentBranch: 'trunk',
      detached: false,
      branchPublished: false,
      fileStatus: [
        { name: 'sub/b.md', extra: '', staging: 'Untracked', worktree: 'Untracked' },
        { name: 'täxt with space.md', extra: '', staging: 'Untracked', worktree: 'Untracked' },
      ],
    })
    expect((await engine.toolbox(sandbox.id, 'GET', '/git/history?path=local')).json()).toEqual([])
    await sandbox.git.add('local', ['.'])
    const message = 'Add "texts"\n\n-- $HOME stays, `too`\n'
    const { sha } = await sandbox.git.commit('local', message, 'Grace Höpper', 'grace@example.org')
    expect((await sandbox.git.status('local')).fileStatus).toEqual([])
    const [commit] = (await engine.toolbox(sandbox.id, 'GET', '/git/history?path=local')).json<GitCommitInfo[]>()
    expect(commit).toEqual({
      hash: sha,
      author: 'Grace Höpper',
      email: 'grace@example.org',
      message,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d)$/),
    })
    expect(await shell('git -C local log -1 --format=%cn')).toBe('Grace Höpper\n')
  })

  test('tells staged, changed, renamed, deleted and conflicting files apart', async () => {
    await shell(
      'git init -q states && cd states && for f in a b c d; do echo $f$f$f > $f; done && git add . && git commit -qm one',
    )
    await shell(
      'cd states && git mv a "new name" && echo more >> b && git add b && echo more >> b && rm c && git rm -q d',
    )
    const status = (await sandbox.git.status('states')) as GitStatus
    expect(fileOf(status, 'new name')).toMatchObject({ staging: 'Renamed', worktree: 'Unmodified', extra: 'a' })
    expect(fileOf(status, 'b')).toMatchObject({ staging: 'Modified', worktree: 'Modified' })
    expect(fileOf(status, 'c')).toMatchObject({ staging: 'Unmodified', worktree: 'Deleted' })
    expect(fileOf(status, 'd')).toMatchObject({ staging: 'Deleted', worktree: 'Unmodified' })
    await shell(`git init -q clash && cd clash && echo 1 > f && git add . && git commit -qm 1 && git checkout -qb other &&
      echo 2 > f && git commit -qam 2 && git checkout -q main && echo 3 > f && git commit -qam 3; git merge other || true`)
    expect(fileOf((await sandbox.git.status('clash')) as GitStatus, 'f')).toMatchObject({
      staging: 'Updated but unmerged',
      worktree: 'Updated but unmerged',
    })
  })

  test('has branches, which are created, checked out and deleted', async () => {
    await shell('git init -q branches && cd branches && echo 1 > f && git add . && git commit -qm 1')
    await sandbox.git.createBranch('branches', 'feature/x')
    expect(await sandbox.git.branches('branches')).toEqual({ branches: ['feature/x', 'main'], current: 'feature/x' })
    await shell('cd branches && echo 2 > f && git commit -qam 2 && git checkout -q main && echo unsaved > f')
    const body = { path: 'branches' }
    expect(await failure('POST', '/git/checkout', { ...body, branch: 'feature/x' })).toEqual([
      409,
      'GIT_DIRTY_WORKTREE',
    ])
    expect(await failure('POST', '/git/checkout', { ...body, branch: 'nothing' })).toEqual([
      404,
      'GIT_BRANCH_NOT_FOUND',
    ])
    expect(await failure('POST', '/git/branches', { ...body, name: 'feature/x' })).toEqual([409, 'GIT_BRANCH_EXISTS'])
    expect(await failure('DELETE', '/git/branches', { ...body, name: 'main' })).toEqual([409, 'CONFLICT'])
    expect(await failure('DELETE', '/git/branches', { ...body, name: 'no' })).toEqual([404, 'GIT_BRANCH_NOT_FOUND'])
    await shell('git -C branches checkout -q -- f')
    const head = (await shell('git -C branches rev-parse HEAD')).trim()
    await sandbox.git.checkoutBranch('branches', head)
    expect(await sandbox.git.status('branches')).toMatchObject({ currentBranch: 'HEAD', detached: true })
    await sandbox.git.deleteBranch('branches', 'feature/x')
    expect((await sandbox.git.branches('branches')).branches).toEqual(['main'])
  })

  test('is reset and restored', async () => {
    await shell(
      'git init -q undo && cd undo && echo 1 > f && git add . && git commit -qm 1 && echo 2 > f && git commit -qam 2',
    )
    await shell('cd undo && echo 3 > f && echo 4 > g && git add .')
    await sandbox.git.reset('undo', undefined, undefined, ['g'])
    expect(fileOf((await sandbox.git.status('undo')) as GitStatus, 'g')?.staging).toBe('Untracked')
    await sandbox.git.restore('undo', ['f'], true, true)
    expect(await shell('cat undo/f')).toBe('2\n')
    await sandbox.git.restore('undo', ['f'], undefined, undefined, 'HEAD~1')
    expect(await shell('cat undo/f')).toBe('1\n')
    await sandbox.git.reset('undo', 'hard', 'HEAD~1')
    expect(await shell('cat undo/f; git -C undo rev-list --count HEAD')).toBe('1\n1\n')
    expect(await failure('POST', '/git/reset', { path: 'undo', target: 'nothing' })).toEqual([
      404,
      'GIT_BRANCH_NOT_FOUND',
    ])
    expect(await failure('POST', '/git/reset', { path: 'undo', mode: 'hard', files: ['f'] })).toEqual([
      400,
      'BAD_REQUEST',
    ])
    expect(await failure('POST', '/git/restore', { path: 'undo', files: ['nothing'] })).toEqual([404, 'FILE_NOT_FOUND'])
    expect(await failure('POST', '/git/add', { path: 'undo', files: ['nothing'] })).toEqual([404, 'FILE_NOT_FOUND'])
    expect(await failure('POST', '/git/commit', { path: 'undo', message: 'm', author: 'a', email: 'e@x' })).toEqual([
      409,
      'CONFLICT',
    ])
    expect(await sandbox.git.commit('undo', 'empty', 'a', 'e@x', true)).toMatchObject({ sha: expect.any(String) })
  })

  test('has settings and remotes', async () => {
    await sandbox.git.init('settings')
    expect(await sandbox.git.getConfig('user.name')).toBe('Ada')
    expect(await sandbox.git.getConfig('nothing.here')).toBeUndefined()
    await sandbox.git.setConfig('user.name', 'Löcal\nName', 'local', 'settings')
    expect(await sandbox.git.getConfig('user.name', 'local', 'settings')).toBe('Löcal\nName')
    expect(await failure('POST', '/git/config', { key: 'user.name', value: 'x', scope: 'local' })).toEqual([
      400,
      'BAD_REQUEST',
    ])
    expect(await sandbox.git.remotes('settings')).toEqual({ remotes: [] })
    await sandbox.git.remoteAdd('settings', 'origin', 'https://git.example/a.git')
    expect(
      await failure('POST', '/git/remotes', { path: 'settings', name: 'origin', url: 'https://git.example/b.git' }),
    ).toEqual([409, 'CONFLICT'])
    await sandbox.git.remoteAdd('settings', 'origin', 'https://git.example/b.git', false, true)
    expect(await sandbox.git.remoteGet('settings', 'origin')).toBe('https://git.example/b.git')
    const secret = { path: 'settings', name: 'x', url: 'https://me:secret@git.example/b.git' }
    expect(await errorOf('POST', '/git/remotes', secret)).toEqual({
      status: 400,
      code: 'BAD_REQUEST',
      message: expect.stringContaining('contains a password'),
    })
  })
})

test('what is wrong with a request is said at the door', async () => {
  await shell('mkdir -p empty')
  const missing = [404, 'GIT_REPO_NOT_FOUND']
  for (const path of ['empty', 'nowhere', '/etc/hostname']) {
    expect(await failure('GET', `/git/status?path=${path}`)).toEqual(missing)
    expect(await failure('GET', `/git/branches?path=${path}`)).toEqual(missing)
    expect(await failure('GET', `/git/remotes?path=${path}`)).toEqual(missing)
    expect(await failure('GET', `/git/history?path=${path}`)).toEqual(missing)
    expect(await failure('POST', '/git/add', { path, files: ['.'] })).toEqual(missing)
    expect(await failure('POST', '/git/pull', { path })).toEqual(missing)
    expect(await failure('POST', '/git/push', { path })).toEqual([404, 'GIT_REPO_NOT_FOUND'])
  }
  const wrong: [string, unknown][] = [
    ['/git/clone', { url: '--upload-pack=touch /tmp/x', path: 'a' }],
    ['/git/clone', { path: 'a' }],
    ['/git/clone', { url: 'x', path: 'a', commit_id: '--help' }],
    ['/git/clone', { url: 'https://a:%0a@x/y', path: 'a' }],
    ['/git/checkout', { path: 'empty', branch: '--orphan' }],
    ['/git/branches', { path: 'empty', name: '-D' }],
    ['/git/add', { path: 'empty', files: [] }],
    ['/git/add', { path: 'empty', files: ['a\0b'] }],
    ['/git/commit', { path: 'empty', message: '', author: 'a', email: 'b' }],
    ['/git/reset', { path: 'empty', mode: 'harder' }],
    ['/git/config', { key: '--global', value: 'x' }],
    ['/git/credentials', { username: 'a\nhost=evil', password: 'b' }],
  ]
  for (const [route, body] of wrong) expect([route, (await failure('POST', route, body))[0]]).toEqual([route, 400])
  expect((await failure('GET', '/git/status'))[0]).toBe(400)
})

describe('over files', () => {
  test('a repository is cloned, pulled and pushed', async () => {
    await makeOrigin('disk')
    await sandbox.git.clone('/home/daytona/disk.git'.replace('/home/daytona', (await shell('pwd')).trim()), 'disk-a')
    await sandbox.git.clone('./disk.git', 'disk-b')
    await shell('cd disk-a && echo two >> a.txt')
    await sandbox.git.add('disk-a', ['a.txt'])
    await sandbox.git.commit('disk-a', 'second', 'Ada', 'ada@example.org')
    expect(await sandbox.git.status('disk-a')).toMatchObject({
      ahead: 1,
      behind: 0,
      upstream: 'origin/main',
      branchPublished: true,
    })
    await sandbox.git.push('disk-a')
    await sandbox.git.pull('disk-b')
    await sandbox.git.pull('disk-b')
    expect(await shell('cat disk-b/a.txt')).toBe('one\ntwo\n')
    expect(await failure('POST', '/git/clone', { url: './disk.git', path: 'disk-b' })).toEqual([409, 'CONFLICT'])
    expect(await failure('POST', '/git/clone', { url: './none.git', path: 'c' })).toEqual([404, 'GIT_REPO_NOT_FOUND'])
    expect(await failure('POST', '/git/clone', { url: './disk.git', path: 'c', branch: 'no' })).toEqual([
      404,
      'GIT_BRANCH_NOT_FOUND',
    ])
  })

  test('a new branch is pushed with its upstream; rejected pushes and conflicting pulls say so', async () => {
    await makeOrigin('race')
    for (const name of ['race-a', 'race-b']) await sandbox.git.clone('./race.git', name)
    await sandbox.git.createBranch('race-a', 'topic')
    await sandbox.git.push('race-a', undefined, undefined, undefined, undefined, true)
    expect(await sandbox.git.status('race-a')).toMatchObject({ upstream: 'origin/topic', branchPublished: true })
    await sandbox.git.checkoutBranch('race-a', 'main')
    await shell(
      'cd race-a && echo A > a.txt && git commit -qam A && cd ../race-b && echo B > a.txt && git commit -qam B',
    )
    await sandbox.git.push('race-a')
    expect(await failure('POST', '/git/push', { path: 'race-b' })).toEqual([409, 'GIT_PUSH_REJECTED'])
    expect(await failure('POST', '/git/pull', { path: 'race-b' })).toEqual([409, 'GIT_MERGE_CONFLICT'])
    await shell('git -C race-b merge --abort; cd race-a && echo AA > a.txt && git commit -qam AA && git push -q')
    await shell('git -C race-b reset -q --hard origin/main && echo unsaved > race-b/a.txt')
    expect(await failure('POST', '/git/pull', { path: 'race-b' })).toEqual([409, 'GIT_DIRTY_WORKTREE'])
    await shell(
      `printf '#!/bin/sh\\necho policy says no; exit 1\\n' > race.git/hooks/pre-receive && chmod +x race.git/hooks/pre-receive`,
    )
    await shell('cd race-a && git commit -q --allow-empty -m more')
    expect(await errorOf('POST', '/git/push', { path: 'race-a' })).toEqual({
      status: 403,
      code: 'GIT_REMOTE_REJECTED',
      message: expect.stringContaining('policy says no'),
    })
  })

  test('a clone can have one commit, a branch, or a depth', async () => {
    await makeOrigin('deep')
    await shell(
      'git clone -q deep.git deep-w && cd deep-w && for i in 1 2 3; do git commit -q --allow-empty -m $i; done; git push -q',
    )
    const old = (await shell('git -C deep.git rev-parse main~2')).trim()
    await sandbox.git.clone('./deep.git', 'deep-commit', undefined, old)
    expect(await sandbox.git.status('deep-commit')).toMatchObject({ detached: true })
    expect((await shell('git -C deep-commit rev-parse HEAD')).trim()).toBe(old)
    const url = `file://${(await shell('pwd')).trim()}/deep.git`
    await sandbox.git.clone(url, 'deep-one', 'main', undefined, undefined, undefined, undefined, 1)
    expect(await shell('git -C deep-one rev-list --count HEAD')).toBe('1\n')
    await shell('git -C deep.git config uploadpack.allowAnySHA1InWant true')
    await sandbox.git.clone(url, 'deep-old', undefined, old, undefined, undefined, undefined, 1)
    expect((await shell('git -C deep-old rev-parse HEAD')).trim()).toBe(old)
    const nothing = { url: './deep.git', path: 'deep-no', commit_id: 'f'.repeat(40) }
    expect(await failure('POST', '/git/clone', nothing)).toEqual([404, 'GIT_BRANCH_NOT_FOUND'])
    expect(await shell('ls -d deep-no 2>/dev/null || echo gone')).toBe('gone\n')
  })
})

/** Starts one of the test programs, with its packages in one file, in the sandbox. */
async function startServer(name: string, args: string): Promise<void> {
  const bundled = await build({
    entryPoints: [path.join(import.meta.dirname, 'programs', `${name}.mjs`)],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    // Parts in native code, which the package does without.
    external: ['*.node', 'cpu-features'],
  })
  const file = `${name}.cjs`
  await sandbox.fs.uploadFile(Buffer.from(bundled.outputFiles[0]?.contents ?? ''), `/tmp/${file}`)
  await shell(`(setsid node /tmp/${file} ${args} > /tmp/${file}.log 2>&1 < /dev/null &)`)
  await eventually('the server listens', async () => (await shell(`cat /tmp/${file}.log`)).includes('listening'))
}

const password = 'p:ä$"s\'s %40 word'

describe('over HTTP with a password', () => {
  beforeAll(async () => {
    await makeOrigin('web')
    await shell('git -C web.git config http.receivepack true')
    await sandbox.fs.uploadFile(Buffer.from(password), '/tmp/password')
    await startServer('git-web-server', `8181 ada "$(cat /tmp/password)" "$PWD"`)
  })

  const url = 'http://127.0.0.1:8181/web.git'

  test('a repository is cloned, pulled and pushed, and the password is stored nowhere', async () => {
    await sandbox.git.clone(url, 'web', undefined, undefined, 'ada', password)
    await sandbox.git.clone(url.replace('//', `//ada:${encodeURIComponent(password)}@`), 'web-2')
    expect(await sandbox.git.remoteGet('web-2', 'origin')).toBe(url)
    await shell('cd web && echo two >> a.txt && git commit -qam two')
    await sandbox.git.push('web', 'ada', password)
    await sandbox.git.pull('web-2', 'ada', password)
    expect(await shell('cat web-2/a.txt')).toBe('one\ntwo\n')
    expect(await shell(`grep -rlF "$(cat /tmp/password)" . || echo nowhere`)).toBe('nowhere\n')
  })

  test('wrong, missing and insufficient credentials are distinguished', async () => {
    for (const given of [{}, { username: 'ada', password: 'wrong' }]) {
      expect(await failure('POST', '/git/clone', { url, path: 'refused', ...given })).toEqual([401, 'GIT_AUTH_FAILED'])
    }
    const forbidden = { url: 'http://127.0.0.1:8181/forbidden/web.git', path: 'refused', username: 'ada', password }
    expect(await failure('POST', '/git/clone', forbidden)).toEqual([403, 'FORBIDDEN'])
    const missing = { ...forbidden, url: 'http://127.0.0.1:8181/missing.git' }
    expect(await failure('POST', '/git/clone', missing)).toEqual([404, 'GIT_REPO_NOT_FOUND'])
    const closed = { ...forbidden, url: 'http://127.0.0.1:9/web.git' }
    expect(await failure('POST', '/git/clone', closed)).toEqual([500, 'GIT_TRANSPORT_FAILED'])
  })

  test('credentials are not sent to a host to which the server redirects', async () => {
    const away = { url: 'http://127.0.0.1:8181/away/web.git', path: 'away', username: 'ada', password }
    expect(await failure('POST', '/git/clone', away)).toEqual([401, 'GIT_AUTH_FAILED'])
  })

  test('the process list never shows the password', async () => {
    await shell(`git -C web.git config --replace-all core.fsmonitor false; mkdir -p slow/hooks`)
    await shell(
      `(setsid sh -c 'until [ -e /tmp/watched ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done | tr "\\0" "\\n" > /tmp/seen' > /dev/null 2>&1 < /dev/null &)`,
    )
    await eventually('something was seen', async () => (await shell('wc -c < /tmp/seen || echo 0')).trim() !== '0')
    for (const name of ['seen-1', 'seen-2'])
      await sandbox.git.clone(url, name, undefined, undefined, 'ada', 'unseen-password').catch(() => {})
    await shell('touch /tmp/watched')
    const seen = await shell('cat /tmp/seen')
    expect(seen).toContain('credential.helper')
    expect(seen).not.toContain('unseen-password')
  })

  test('stored credentials serve every program of the sandbox', async () => {
    await sandbox.git.dangerouslyAuthenticate('ada', password, '127.0.0.1:8181', 'http')
    await sandbox.git.clone(url, 'web-stored')
    expect(await shell(`git clone -q ${url} web-shell && cat web-shell/a.txt`)).toContain('one')
    await sandbox.git.dangerouslyAuthenticate('ada', password, '127.0.0.1:8181', 'http')
    expect(await shell('git config --global --get-all credential.helper')).toBe('store\n')
  })
})

describe.runIf(findProgram('ssh'))('over SSH', () => {
  test('a repository is cloned and pushed with a key; without one the error says so', async () => {
    await makeOrigin('secure')
    await shell(
      'mkdir -p .ssh && chmod 700 .ssh && ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519 && ssh-keygen -q -t ed25519 -N "" -f /tmp/host',
    )
    await startServer('ssh-server', '8182 /tmp/host .ssh/id_ed25519.pub')
    const url = `ssh://git@127.0.0.1:8182${(await shell('pwd')).trim()}/secure.git`
    await sandbox.git.clone(url, 'secure')
    await shell('cd secure && echo two >> a.txt && git commit -qam two')
    await sandbox.git.push('secure')
    expect(await shell('git -C secure.git show main:a.txt')).toBe('one\ntwo\n')
    await shell('mv .ssh/id_ed25519 /tmp/')
    expect(await failure('POST', '/git/clone', { url, path: 'secure-no' })).toEqual([401, 'GIT_AUTH_FAILED'])
    await shell(
      'mv /tmp/id_ed25519 .ssh/ && ssh-keygen -q -t ed25519 -N "" -f /tmp/other && sed -i "s|ssh-ed25519 .*|$(cut -d" " -f1,2 /tmp/other.pub)|" .ssh/known_hosts',
    )
    expect(await failure('POST', '/git/clone', { url, path: 'secure-no' })).toEqual([500, 'GIT_TRANSPORT_FAILED'])
  })
})

test('a client that disconnects ends its clone', async () => {
  await shell(
    `printf '#!/bin/sh\\nexec sleep 1234\\n' > /tmp/slow-ssh && chmod +x /tmp/slow-ssh && git config --global core.sshCommand /tmp/slow-ssh`,
  )
  const controller = new AbortController()
  const call = fetch(`${engine.toolboxUrl}/${sandbox.id}/git/clone`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'ssh://nowhere.example/x.git', path: 'never' }),
    signal: controller.signal,
  })
  const running = async () =>
    (await engine.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'pgrep -fc "[s]leep 1234"' }))
      .json<ExecuteResponse>()
      .result.trim()
  await eventually('git runs', async () => (await running()) === '1')
  controller.abort()
  await expect(call).rejects.toThrow()
  await eventually('git has ended', async () => (await running()) === '0')
})

describe('a program that pretends to be git', () => {
  /** The sandbox's search path begins with this folder. */
  const replaceGit = (script: string) =>
    shell(
      `mkdir -p ~/.local/bin && printf '%s\\n' '#!/bin/sh' ${JSON.stringify(script)} > ~/.local/bin/git && chmod +x ~/.local/bin/git`,
    )
  afterEach(() => shell('rm -f ~/.local/bin/git'))

  test('is ended when its output has no end', async () => {
    await replaceGit("trap '' TERM; exec yes")
    expect(await failure('GET', '/git/status?path=.')).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect(await shell('echo on')).toBe('on\n')
  })

  test('does not hold up the request by what it leaves behind', async () => {
    await replaceGit('sleep 300 & exit 3')
    expect((await errorOf('GET', '/git/status?path=.')).status).toBe(400)
  })

  test('is not listened to without end when it asks for credentials', async () => {
    await replaceGit('yes = | tr -d "\\n" >&3; echo over >&2; exit 3')
    const request = { url: 'https://git.example/a.git', path: 'a', username: 'ada', password: 'secret' }
    const { status, message } = await errorOf('POST', '/git/clone', request)
    expect([status, message]).toEqual([400, expect.stringContaining('over')])
  })
})
