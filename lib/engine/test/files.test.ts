import { spawnSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toolboxConfigSchema } from '../config/toolbox-config'
import { Router } from '../http/router'
import { registerFiles } from '../toolbox/routes/files'

let folder: string
let home: string
let base: string
let close: () => Promise<void>

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sandglass-files-')))
  home = join(folder, 'home')
  await mkdir(home)
  await mkdir(join(folder, 'state'))
  const config = toolboxConfigSchema.parse({
    sandboxId: 'test',
    stateDir: join(folder, 'state'),
    socketPath: join(folder, 'state', 'toolbox.sock'),
    scratchDir: folder,
    homeDir: home,
    workDir: home,
    user: 'daytona',
    isolation: { kind: 'none', network: 'shared', warnings: [] },
    assetsDir: folder,
  })
  const router = new Router(config.limits.bodyBytes)
  registerFiles(router, { config })
  const server = createServer((request, response) => void router.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
})

afterEach(async () => {
  await close()
  await rm(folder, { recursive: true, force: true })
})

const q = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString()
const get = (route: string, parameters: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(`${base}${route}?${q(parameters)}`, init)
const post = (route: string, parameters: Record<string, string> = {}, body?: BodyInit) =>
  fetch(`${base}${route}?${q(parameters)}`, { method: 'POST', ...(body === undefined ? {} : { body }) })

async function expectError(response: Response, status: number, code: string, path: string) {
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ statusCode: status, code, path, source: 'DAYTONA_DAEMON' })
}

function form(parts: [name: string, value: string | Blob][]): FormData {
  const data = new FormData()
  for (const [name, value] of parts) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, value, 'upload.bin')
  }
  return data
}

/** Every byte value, which is not valid UTF-8. */
const allBytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)

describe('links', () => {
  it('are reported on request, also those without a target, and names that are not UTF-8', async () => {
    await mkdir(join(home, 'folder'))
    await symlink('folder', join(home, 'link'))
    await symlink('nowhere', join(home, 'lost'))
    await writeFile(Buffer.concat([Buffer.from(`${home}/bad`), Buffer.of(0xff)]), 'x')
    const listed = await (await get('/files', { links: 'true' })).json()
    expect(listed).toMatchObject([
      { name: 'bad\uF7FF', size: 1, link: null },
      { name: 'folder', isDir: true, link: null },
      { name: 'link', isDir: true, link: 'folder' },
      { name: 'lost', isDir: false, link: 'nowhere', mode: 'Lrwxrwxrwx' },
    ])
    const plain = await (await get('/files')).json()
    expect(plain.map(({ name }: { name: string }) => name)).toEqual(['bad\uF7FF', 'folder', 'link', 'lost'])
    expect(plain[2]).not.toHaveProperty('link')
    const info = async (path: string) => await (await get('/files/info', { path, links: 'true' })).json()
    expect(await info('lost')).toMatchObject({ link: 'nowhere' })
    expect(await info('folder')).toMatchObject({ link: null, isDir: true })
    await expectError(await get('/files/info', { path: 'lost' }), 404, 'FILE_NOT_FOUND', '/files/info')
  })
})

describe('names that are not UTF-8', () => {
  it('are listed, searched, read, changed, moved and deleted by their escaped form', async () => {
    const raw = (name: string) => Buffer.concat([Buffer.from(`${home}/`), Buffer.from(name, 'latin1')])
    await mkdir(raw('d\xff'))
    await writeFile(Buffer.concat([raw('d\xff'), Buffer.from('/f\xe9.txt', 'latin1')]), 'needle')
    const file = 'd\uF7FF/f\uF7E9.txt'
    const names = async (path: string) =>
      (await (await get('/files', { path })).json()).map((entry: { name: string }) => entry.name)
    expect(await names('.')).toEqual(['d\uF7FF'])
    expect(await names('d\uF7FF')).toEqual(['f\uF7E9.txt'])
    expect(await (await get('/files/info', { path: file })).json()).toMatchObject({ path: join(home, file), size: 6 })
    expect(await (await get('/files/download', { path: file })).text()).toBe('needle')
    expect(await (await get('/files/find', { path: '.', pattern: 'needle' })).json()).toMatchObject([{ file }])
    expect((await post('/files/permissions', { path: file, mode: '0600' })).status).toBe(200)
    expect((await post('/files/upload', { path: file }, form([['file', new Blob(['changed'])]]))).status).toBe(200)
    expect((await post('/files/move', { source: file, destination: 'plain\uF7FE' })).status).toBe(200)
    expect(await readFile(raw('plain\xfe'), 'utf8')).toBe('changed')
    for (const path of ['d\uF7FF', 'plain\uF7FE']) {
      const removed = await fetch(`${base}/files?${q({ path, recursive: 'true' })}`, { method: 'DELETE' })
      expect([path, removed.status]).toEqual([path, 204])
    }
    expect(await readdir(home)).toEqual([])
  })
})

describe('download', () => {
  it('sends every byte with its name and length', async () => {
    await writeFile(join(home, 'a "b" 漢.bin'), allBytes)
    const response = await get('/files/download', { path: 'a "b" 漢.bin' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-length')).toBe('70000')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="a \\"b\\" _.bin"; filename*=utf-8''a%20%22b%22%20%E6%BC%A2.bin`,
    )
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(allBytes)
  })

  it('sends ranges, and 416 outside of the file', async () => {
    await writeFile(join(home, 'digits'), '0123456789')
    const range = async (value: string) => {
      const response = await get('/files/download', { path: 'digits' }, { headers: { range: value } })
      return [response.status, response.headers.get('content-range'), await response.text()]
    }
    expect(await range('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await range('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await range('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await range('bytes=10-')).toEqual([416, 'bytes */10', ''])
    expect(await range('bytes=0-1,5-6')).toEqual([200, null, '0123456789'])
  })

  it('sends the whole file if it changed before a download was resumed', async () => {
    await writeFile(join(home, 'f'), 'first version')
    const before = await get('/files/download', { path: 'f' })
    const etag = before.headers.get('etag') ?? ''
    await before.arrayBuffer()
    const resumed = { headers: { range: 'bytes=6-', 'if-range': etag } }
    expect(await (await get('/files/download', { path: 'f' }, resumed)).text()).toBe('version')
    await appendFile(join(home, 'f'), ', then another')
    const after = await get('/files/download', { path: 'f' }, resumed)
    expect([after.status, await after.text()]).toEqual([200, 'first version, then another'])
  })

  it('sends the contents of kernel files, which report a size of 0', async () => {
    const response = await get('/files/download', { path: '/proc/meminfo' })
    expect(await response.text()).toContain('MemTotal:')
  })

  it('responds with an error code for paths that cannot be sent, and never blocks on a FIFO', async () => {
    await mkdir(join(home, 'folder'))
    spawnSync('mkfifo', [join(home, 'fifo')])
    await expectError(await get('/files/download', { path: 'nothing' }), 404, 'FILE_NOT_FOUND', '/files/download')
    await expectError(await get('/files/download', { path: 'folder' }), 400, 'INVALID_FILE_PATH', '/files/download')
    await expectError(await get('/files/download', { path: 'fifo' }), 400, 'INVALID_FILE_PATH', '/files/download')
    await expectError(await get('/files/download', { path: 'a\0b' }), 400, 'INVALID_FILE_PATH', '/files/download')
    await expectError(await get('/files/download'), 400, 'INVALID_FILE_PATH', '/files/download')
  })
})

describe("the engine's own files", () => {
  it('cannot be reached through a link, a descriptor or /proc', async () => {
    const journal = join(folder, 'state', 'journal.data')
    await writeFile(journal, 'the truth')
    await symlink(journal, join(home, 'report.txt'))
    await symlink(join(folder, 'state'), join(home, 'reports'))
    await symlink(`/proc/${process.pid}`, join(home, 'me'))
    for (const path of [
      'report.txt',
      'reports/journal.data',
      'me/environ',
      '/proc/self/maps',
      '/proc/thread-self/maps',
    ]) {
      await expectError(await get('/files/download', { path }), 403, 'FILE_ACCESS_DENIED', '/files/download')
    }
    const forged = form([['file', new Blob(['a lie'])]])
    for (const path of ['report.txt', 'reports/journal.data', 'reports/new']) {
      await expectError(await post('/files/upload', { path }, forged), 403, 'FILE_ACCESS_DENIED', '/files/upload')
    }
    await expectError(await get('/files', { path: 'reports' }), 403, 'FILE_ACCESS_DENIED', '/files')
    await expectError(
      await post('/files/permissions', { path: 'report.txt', mode: '777' }),
      403,
      'FILE_ACCESS_DENIED',
      '/files/permissions',
    )
    const removal = await fetch(`${base}/files?${q({ path: 'reports/journal.data' })}`, { method: 'DELETE' })
    await expectError(removal, 403, 'FILE_ACCESS_DENIED', '/files')
    expect(await readFile(journal, 'utf8')).toBe('the truth')
    expect(await readdir(join(folder, 'state'))).toEqual(['journal.data'])
  })
})

describe('upload', () => {
  it('writes every byte, creates parents, overwrites, and responds without a body', async () => {
    for (const bytes of [new Uint8Array(200_000), allBytes]) {
      const response = await post('/files/upload', { path: 'new/deep/file' }, form([['file', new Blob([bytes])]]))
      expect([response.status, await response.text()]).toEqual([200, ''])
      expect(new Uint8Array(await readFile(join(home, 'new/deep/file')))).toEqual(bytes)
    }
  })

  it('writes the target of a link and keeps its mode', async () => {
    await writeFile(join(home, 'target'), 'old', { mode: 0o755 })
    await symlink('target', join(home, 'link'))
    expect((await post('/files/upload', { path: 'link' }, form([['file', new Blob(['new'])]]))).status).toBe(200)
    expect(await readFile(join(home, 'target'), 'utf8')).toBe('new')
    expect((await lstat(join(home, 'link'))).isSymbolicLink()).toBe(true)
    expect((await stat(join(home, 'target'))).mode & 0o777).toBe(0o755)
  })

  it('returns the file in its second version', async () => {
    const response = await post('/files/upload-v2', { path: 'x/y.txt' }, form([['file', new Blob(['1'])]]))
    expect(await response.json()).toEqual({ name: 'y.txt', path: 'x/y.txt', type: 'file' })
  })

  it('reads the whole body before it responds with an error', async () => {
    await mkdir(join(home, 'folder'))
    const large = form([['file', new Blob([new Uint8Array(3_000_000)])]])
    await expectError(await post('/files/upload', { path: 'folder' }, large), 400, 'INVALID_FILE_PATH', '/files/upload')
    await expectError(await post('/files/upload', {}, large), 400, 'INVALID_FILE_PATH', '/files/upload')
    await expectError(await post('/files/upload', { path: 'x' }, 'no form'), 400, 'BAD_REQUEST', '/files/upload')
    const other = form([['other', new Blob(['1'])]])
    await expectError(await post('/files/upload', { path: 'x' }, other), 400, 'BAD_REQUEST', '/files/upload')
    await expectError(
      await post('/files/upload', { path: '/dev/full/x' }, large),
      400,
      'INVALID_FILE_PATH',
      '/files/upload',
    )
  })

  it('leaves no open file behind when a client disconnects', async () => {
    const openFiles = async () => {
      const links = await readdir('/proc/self/fd')
      const targets = await Promise.all(links.map((link) => realpath(`/proc/self/fd/${link}`).catch(() => '')))
      return targets.filter((target) => target.startsWith(home))
    }
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    socket.write(
      'POST /files/upload?path=partial HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\n' +
        'Content-Length: 1000000\r\n\r\n--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nsome bytes',
    )
    await vi.waitFor(async () => expect(await openFiles()).toHaveLength(1))
    socket.destroy()
    await vi.waitFor(async () => expect(await openFiles()).toEqual([]))
  })
})

describe('bulk-upload', () => {
  it('writes files in order and reports their sizes', async () => {
    const response = await post(
      '/files/bulk-upload',
      {},
      form([
        ['files[0].path', 'one'],
        ['files[0].file', new Blob([allBytes])],
        ['files[1].path', 'two/three'],
        ['files[1].file', new Blob([''])],
      ]),
    )
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      files: [
        { path: 'one', bytes: 70_000 },
        { path: 'two/three', bytes: 0 },
      ],
    })
    expect(new Uint8Array(await readFile(join(home, 'one')))).toEqual(allBytes)
  })

  it('reports each failed part and still writes the others', async () => {
    await mkdir(join(home, 'folder'))
    const response = await post(
      '/files/bulk-upload',
      {},
      form([
        ['files[0].file', new Blob(['x'])],
        ['files[1].path', ''],
        ['files[1].file', new Blob(['x'])],
        ['files[2].path', 'folder'],
        ['files[2].file', new Blob(['x'])],
        ['files[3].path', '/dev/null/x'],
        ['files[3].file', new Blob(['x'])],
        ['files[4].path', 'good'],
        ['files[4].file', new Blob(['y'])],
      ]),
    )
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      statusCode: 400,
      errors: [
        'file[0]: missing .path metadata',
        'path[1]: empty path',
        'file[1]: missing .path metadata',
        'folder: create: illegal operation on a directory',
        '/dev/null/x: create: not a directory: /dev/null',
      ],
      files: [{ path: 'good', bytes: 1 }],
    })
    expect(await readFile(join(home, 'good'), 'utf8')).toBe('y')
  })

  it('rejects a body that is not multipart', async () => {
    const response = await post('/files/bulk-upload', {}, '{}')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: ['invalid multipart form'], files: [] })
    const cut = await fetch(`${base}/files/bulk-upload`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=B' },
      body: '--B\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\nx',
    })
    expect(cut.status).toBe(400)
    expect((await cut.json()).errors).toEqual(['invalid multipart form'])
  })

  it('accepts a file part without a file name', async () => {
    const body =
      '--B\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\nplain\r\n' +
      '--B\r\nContent-Disposition: form-data; name="files[0].file"\r\n\r\ncontents\r\n--B--\r\n'
    const response = await fetch(`${base}/files/bulk-upload`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=B' },
      body,
    })
    expect(response.status).toBe(200)
    expect(await readFile(join(home, 'plain'), 'utf8')).toBe('contents')
  })
})

describe('bulk-download', () => {
  it('sends the parts in exactly the expected format', async () => {
    await writeFile(join(home, 'a.txt'), 'text\r\n')
    await mkdir(join(home, 'folder'))
    const body = JSON.stringify({ paths: [`${home}/a.txt`, 'ü"x', 'folder', ''] })
    const response = await post('/files/bulk-download', {}, body)
    expect(response.headers.get('content-type')).toBe('multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY')
    const parts = Buffer.from(await response.arrayBuffer())
      .toString('latin1')
      .split('--DAYTONA-FILE-BOUNDARY')
    expect(parts).toHaveLength(6)
    expect(parts[0]).toBe('')
    expect(parts[5]).toBe('--\r\n')
    expect(parts[1]).toBe(
      `\r\nContent-Disposition: form-data; name="file"; filename="${home}/a.txt"; filename*=utf-8''${encodeURIComponent(`${home}/a.txt`)}\r\n` +
        'Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\ntext\r\n\r\n',
    )
    const errors = parts.slice(2, 5).map((part) => {
      const [header = '', text = ''] = part.split('\r\n\r\n')
      expect(header).toContain('Content-Type: application/json; charset=utf-8')
      expect(header).toContain(`Content-Length: ${text.length - 2}`)
      expect(header).toContain('name="error"')
      return JSON.parse(Buffer.from(text, 'latin1').toString('utf8'))
    })
    expect(parts[2]).toContain(`filename="ü\\"x"; filename*=utf-8''%C3%BC%22x`)
    expect(errors).toMatchObject([
      { statusCode: 404, code: 'FILE_NOT_FOUND', message: 'file not found: ü"x', path: 'ü"x' },
      { statusCode: 400, code: 'INVALID_FILE_PATH', path: 'folder' },
      { statusCode: 400, code: 'INVALID_FILE_PATH', path: '' },
    ])
  })

  it.each(['', '{}', '{"paths":[]}', '{"paths":"x"}', '{"paths":[1]}', '[]'])('rejects the body %j', async (body) => {
    const response = await post('/files/bulk-download', {}, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: 'request body must be {"paths": [ ... ]} and non-empty',
      code: 'BAD_REQUEST',
    })
  })

  it('breaks the connection when a file is shorter than announced', async () => {
    const size = 400_000_000
    spawnSync('truncate', ['-s', String(size), join(home, 'shrinking')])
    const received = new Promise<number>((resolve, reject) => {
      const request = httpRequest(`${base}/files/bulk-download`, { method: 'POST' }, (response) => {
        let bytes = 0
        response.once('data', () => {
          response.pause()
          spawnSync('truncate', ['-s', '1000000', join(home, 'shrinking')])
          response.resume()
        })
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        response.on('end', () => reject(new Error('the answer ended as if it were whole')))
        response.on('error', () => resolve(bytes))
      })
      request.on('error', reject)
      request.end(JSON.stringify({ paths: ['shrinking', 'never'] }))
    })
    expect(await received).toBeLessThan(size)
  })
})

describe('list and info', () => {
  it('describes entries sorted by name, a link without a target as itself', async () => {
    await writeFile(join(home, 'b.txt'), 'hello', { mode: 0o640 })
    await chmod(join(home, 'b.txt'), 0o640)
    await mkdir(join(home, 'a'))
    await symlink('nowhere', join(home, 'c'))
    const entries = await (await get('/files')).json()
    expect(entries).toMatchObject([
      { name: 'a', isDir: true, mode: 'drwxr-xr-x', permissions: '0755', path: join(home, 'a') },
      { name: 'b.txt', isDir: false, size: 5, mode: '-rw-r-----', permissions: '0640' },
      { name: 'c', isDir: false, size: 7, mode: 'Lrwxrwxrwx' },
    ])
    expect(entries[1].modTime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})? \+0000 UTC$/)
    expect(entries[1].modifiedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/)
    expect(entries[1].owner).toBe(String(process.getuid?.()))
    expect(await (await get('/files/info', { path: 'b.txt' })).json()).toEqual(entries[1])
  })

  it('descends to the requested depth and never follows links', async () => {
    await mkdir(join(home, 'a/b/c'), { recursive: true })
    await symlink('..', join(home, 'a/up'))
    const paths = async (depth: string) =>
      (await (await get('/files', { path: home, depth })).json()).map((it: { path: string }) =>
        it.path.slice(home.length),
      )
    expect(await paths('1')).toEqual(['/a'])
    expect(await paths('2')).toEqual(['/a', '/a/b', '/a/up'])
    expect(await paths('9')).toEqual(['/a', '/a/b', '/a/b/c', '/a/up'])
    await expectError(await get('/files', { depth: '0' }), 400, 'BAD_REQUEST', '/files')
    await expectError(await get('/files', { depth: 'x' }), 400, 'BAD_REQUEST', '/files')
  })

  it('responds with an error code for a file and for a missing path', async () => {
    await writeFile(join(home, 'f'), '')
    await expectError(await get('/files', { path: 'f' }), 400, 'INVALID_FILE_PATH', '/files')
    await expectError(await get('/files/', { path: 'none' }), 404, 'FILE_NOT_FOUND', '/files/')
    await expectError(await get('/files/info', { path: 'none' }), 404, 'FILE_NOT_FOUND', '/files/info')
  })

  it('omits the extension field for clients that reject unknown fields', async () => {
    await writeFile(join(home, 'f'), '')
    const headers = { 'X-Daytona-Source': 'sdk-go', 'X-Daytona-SDK-Version': '0.187.0' }
    expect(await (await get('/files/info', { path: 'f' }, { headers })).json()).not.toHaveProperty('path')
  })
})

describe('find and search', () => {
  beforeEach(async () => {
    await mkdir(join(home, 'src/deep'), { recursive: true })
    await writeFile(join(home, 'src/a.ts'), 'one\ntwo needle\r\nthree\nneedle needle\n')
    await writeFile(join(home, 'src/deep/b.tsx'), 'needle')
    await writeFile(join(home, 'src/binary.ts'), 'a\0needle\n')
    await symlink('.', join(home, 'src/loop'))
  })

  it('finds lines with a literal text and keeps the path prefix of the request', async () => {
    expect(await (await get('/files/find', { path: 'src', pattern: 'needle' })).json()).toEqual([
      { file: 'src/a.ts', line: 2, content: 'two needle' },
      { file: 'src/a.ts', line: 4, content: 'needle needle' },
      { file: 'src/deep/b.tsx', line: 1, content: 'needle' },
    ])
    expect(await (await get('/files/find', { path: 'src/a.ts', pattern: 'n.edle' })).json()).toEqual([])
    await expectError(await get('/files/find', { path: 'no', pattern: 'x' }), 404, 'FILE_NOT_FOUND', '/files/find')
    await expectError(await get('/files/find', { path: 'src' }), 400, 'BAD_REQUEST', '/files/find')
  })

  it('limits concurrent searches, and stops when the client disconnects, even inside one endless file', async () => {
    await writeFile(join(home, 'huge'), 'text\n'.repeat(200))
    await truncate(join(home, 'huge'), 100 * 1024 ** 3)
    const leaving = new AbortController()
    setMaxListeners(0, leaving.signal)
    const find = (path: string, init?: RequestInit) => get('/files/find', { path, pattern: 'needle' }, init)
    const refused: Response[] = []
    const searches = Array.from({ length: 9 }, async () => {
      const answer = await find('huge', { signal: leaving.signal }).catch(() => null)
      if (answer) refused.push(answer)
    })
    await vi.waitFor(() => expect(refused).toHaveLength(1), 10_000)
    await expectError(refused[0] as Response, 429, 'TOO_MANY_REQUESTS', '/files/find')
    leaving.abort()
    await Promise.all(searches)
    await vi.waitFor(async () => expect((await find('src/a.ts')).status).toBe(200), 10_000)
  })

  it('finds names by pattern, folders too', async () => {
    const search = async (pattern: string) =>
      (await (await get('/files/search', { path: 'src', pattern })).json()).files
    expect(await search('*.ts')).toEqual(['src/a.ts', 'src/binary.ts'])
    expect(await search('d??p')).toEqual(['src/deep'])
    expect(await search('[ab].ts*')).toEqual(['src/a.ts', 'src/deep/b.tsx'])
    await expectError(await get('/files/search', { path: 'src', pattern: '[' }), 400, 'BAD_REQUEST', '/files/search')
  })
})

describe('changes', () => {
  it('creates folders with a mode', async () => {
    expect((await post('/files/folder', { path: 'x/y/z', mode: '0777' })).status).toBe(201)
    expect((await stat(join(home, 'x/y/z'))).mode & 0o777).toBe(0o777)
    expect((await post('/files/folder', { path: 'x/y/z' })).status).toBe(201)
    await expectError(await post('/files/folder', { path: 'q', mode: '999' }), 400, 'BAD_REQUEST', '/files/folder')
    await writeFile(join(home, 'f'), '')
    await expectError(await post('/files/folder', { path: '/proc/none/x' }), 404, 'FILE_NOT_FOUND', '/files/folder')
    await expectError(await post('/files/folder', { path: 'f' }), 400, 'INVALID_FILE_PATH', '/files/folder')
  })

  it('moves, but never onto an existing path', async () => {
    await writeFile(join(home, 'from'), 'x')
    const move = (source: string, destination: string) => post('/files/move', { source, destination })
    expect((await move('from', 'to')).status).toBe(200)
    expect(await readFile(join(home, 'to'), 'utf8')).toBe('x')
    await writeFile(join(home, 'other'), 'y')
    await expectError(await move('other', 'to'), 409, 'CONFLICT', '/files/move')
    await expectError(await move('from', 'elsewhere'), 404, 'FILE_NOT_FOUND', '/files/move')
    await expectError(await move('other', 'no/such/folder'), 404, 'FILE_NOT_FOUND', '/files/move')
    expect(await readFile(join(home, 'to'), 'utf8')).toBe('x')
  })

  it('moves to another file system', async () => {
    const other = await mkdtemp('/dev/shm/sandglass-files-')
    try {
      await mkdir(join(home, 'tree/inner'), { recursive: true })
      await writeFile(join(home, 'tree/inner/f'), 'x')
      await symlink('inner', join(home, 'tree/link'))
      expect((await post('/files/move', { source: 'tree', destination: `${other}/tree` })).status).toBe(200)
      expect(await readFile(`${other}/tree/link/f`, 'utf8')).toBe('x')
      expect((await lstat(`${other}/tree/link`)).isSymbolicLink()).toBe(true)
      expect(await readdir(home)).toEqual([])
    } finally {
      await rm(other, { recursive: true })
    }
  })

  it('sets modes and owners', async () => {
    await writeFile(join(home, 'f'), '')
    const own = { owner: String(process.getuid?.()), group: String(process.getgid?.()) }
    expect((await post('/files/permissions', { path: 'f', mode: '600', ...own })).status).toBe(200)
    expect((await stat(join(home, 'f'))).mode & 0o777).toBe(0o600)
    const owner = 'nobody-of-that-name'
    await expectError(await post('/files/permissions', { path: 'f', owner }), 400, 'BAD_REQUEST', '/files/permissions')
    await expectError(
      await post('/files/permissions', { path: 'none', mode: '600' }),
      404,
      'FILE_NOT_FOUND',
      '/files/permissions',
    )
  })

  it('replaces bytes in each file and reports each', async () => {
    await writeFile(
      join(home, 'one'),
      Buffer.concat([Buffer.from([0xff]), Buffer.from('a.b a.b'), Buffer.from([0xfe])]),
    )
    await writeFile(join(home, 'two'), 'nothing here')
    const body = { files: ['one', 'two', 'three'], pattern: 'a.b', newValue: '' }
    const response = await post('/files/replace', {}, JSON.stringify(body))
    expect(await response.json()).toEqual([
      { file: 'one', success: true },
      { file: 'two', success: true },
      { file: 'three', success: false, error: 'file not found: three' },
    ])
    expect(await readFile(join(home, 'one'))).toEqual(Buffer.from([0xff, 0x20, 0xfe]))
    const missing = await post('/files/replace', {}, JSON.stringify({ files: ['one'], pattern: 'x' }))
    await expectError(missing, 400, 'INVALID_REQUEST_BODY', '/files/replace')
  })

  it('deletes files, links and, if requested, folders', async () => {
    const remove = (parameters: Record<string, string>) => fetch(`${base}/files?${q(parameters)}`, { method: 'DELETE' })
    await mkdir(join(home, 'folder/inner'), { recursive: true })
    await symlink('folder', join(home, 'link'))
    expect((await remove({ path: 'link' })).status).toBe(204)
    await expectError(await remove({ path: 'folder' }), 400, 'INVALID_FILE_PATH', '/files')
    expect((await remove({ path: 'folder', recursive: 'true' })).status).toBe(204)
    await expectError(await remove({ path: 'folder', recursive: 'true' }), 404, 'FILE_NOT_FOUND', '/files')
    await expectError(await remove({ path: '/', recursive: 'true' }), 400, 'INVALID_FILE_PATH', '/files')
    expect(await readdir(home)).toEqual([])
  })
})
