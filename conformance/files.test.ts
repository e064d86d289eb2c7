/** Checklist 84 and 85: files. */
import { afterAll, expect, it } from 'vitest'
import { type Answer, createSandbox } from './client'
import { expectError } from './expectations'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

/** Absolute paths, below the one folder that is the sandbox's own even where nothing isolates it. */
const { dir: home } = (await sandbox.request('/work-dir')).json<{ dir: string }>()

const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString()
const get = (route: string, parameters: Record<string, string>) =>
  sandbox.request(`/files${route}?${query(parameters)}`)
const post = (route: string, parameters: Record<string, string>, body?: unknown) =>
  sandbox.request(`/files${route}?${query(parameters)}`, { method: 'POST', body })
const remove = (parameters: Record<string, string>) => sandbox.delete(`/files?${query(parameters)}`)

async function upload(files: Record<string, Buffer>): Promise<Answer> {
  const form = new FormData()
  Object.entries(files).forEach(([path, bytes], index) => {
    form.append(`files[${index}].path`, path)
    form.append(`files[${index}].file`, new Blob([Uint8Array.from(bytes)]), 'upload.bin')
  })
  return await sandbox.request('/files/bulk-upload', { method: 'POST', body: form })
}

interface Part {
  headers: Record<string, string>
  /** The parameters of Content-Disposition. */
  name?: string
  filename?: string
  body: Buffer
}

/** The parts of a multipart answer; it must end with the closing boundary. */
function partsOf(answer: Answer): Part[] {
  const boundary = /boundary=([^;]+)/.exec(answer.headers.get('content-type') ?? '')?.[1]
  if (!boundary) throw new Error('no boundary')
  const text = answer.bytes.toString('latin1')
  const [, ...pieces] = `\r\n${text}`.split(`\r\n--${boundary}`)
  expect(pieces.at(-1)?.trimEnd()).toBe('--')
  return pieces.slice(0, -1).map((piece) => {
    const end = piece.indexOf('\r\n\r\n')
    const headers = Object.fromEntries(
      piece
        .slice(2, end)
        .split('\r\n')
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const disposition = headers['content-disposition'] ?? ''
    const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition)?.[1]
    return {
      headers,
      name: /[; ]name="([^"]*)"/.exec(disposition)?.[1],
      filename: encoded ? decodeURIComponent(encoded) : /filename="([^"]*)"/.exec(disposition)?.[1],
      body: Buffer.from(piece.slice(end + 4), 'latin1'),
    }
  })
}

it('84 files go up and down in one request each, byte for byte, and a missing one is a part of its own', async () => {
  const everyByte = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256))
  const files = {
    [`${home}/up/plain.bin`]: everyByte,
    [`${home}/up/ünï 漢字.txt`]: Buffer.from('text\r\n--not a boundary\r\n'),
  }
  const uploaded = await upload(files)
  expect(uploaded.status).toBe(200)
  expect(uploaded.json()).toMatchObject({
    files: Object.entries(files).map(([path, bytes]) => ({ path, bytes: bytes.length })),
  })
  const paths = [...Object.keys(files), `${home}/up/missing`]
  const downloaded = await sandbox.post('/files/bulk-download', { paths })
  expect(downloaded.status).toBe(200)
  expect(downloaded.headers.get('content-type')).toMatch(/^multipart\/form-data; boundary=/)
  const parts = partsOf(downloaded)
  expect(parts.map((it) => [it.name, it.filename])).toEqual([
    ['file', paths[0]],
    ['file', paths[1]],
    ['error', paths[2]],
  ])
  Object.values(files).forEach((bytes, index) => {
    expect(parts[index]?.headers['content-length']).toBe(String(bytes.length))
    expect(parts[index]?.body.equals(bytes)).toBe(true)
  })
  expect(JSON.parse(String(parts[2]?.body))).toMatchObject({ statusCode: 404, code: 'FILE_NOT_FOUND' })
})

it('85 files are listed, described, found, replaced, moved, changed and deleted', async () => {
  const folder = `${home}/tree`
  expect((await post('/folder', { path: `${folder}/inner`, mode: '0750' })).status).toBe(201)
  await upload({
    [`${folder}/b.txt`]: Buffer.from('first\nneedle here\n'),
    [`${folder}/inner/c.txt`]: Buffer.from('needle'),
  })

  const list = await get('', { path: folder })
  expect(list.status).toBe(200)
  expect(list.json<{ name: string }[]>().map((it) => it.name)).toEqual(['b.txt', 'inner'])
  expectError(await get('', { path: `${folder}/b.txt` }), 400)

  const file = await get('/info', { path: `${folder}/b.txt` })
  expect([file.status, file.json()]).toMatchObject([
    200,
    {
      name: 'b.txt',
      size: 18,
      isDir: false,
      mode: expect.stringMatching(/^-rw/),
      modTime: expect.any(String),
      modifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      owner: expect.stringMatching(/^\d+$/),
      group: expect.stringMatching(/^\d+$/),
      permissions: expect.stringMatching(/^0\d{3}$/),
    },
  ])
  expect((await get('/info', { path: `${folder}/inner` })).json()).toMatchObject({ isDir: true, permissions: '0750' })
  expectError(await get('/info', { path: `${folder}/none` }), 404)

  expect((await get('/find', { path: folder, pattern: 'needle' })).json<unknown[]>()).toEqual(
    expect.arrayContaining([
      { file: `${folder}/b.txt`, line: 2, content: 'needle here' },
      { file: `${folder}/inner/c.txt`, line: 1, content: 'needle' },
    ]),
  )
  const search = (await get('/search', { path: folder, pattern: '*.txt' })).json<{ files: string[] }>()
  expect([...search.files].sort()).toEqual([`${folder}/b.txt`, `${folder}/inner/c.txt`])

  const files = [`${folder}/b.txt`, `${folder}/none`]
  const replaced = await sandbox.post('/files/replace', { files, pattern: 'needle', newValue: 'thread' })
  expect([replaced.status, replaced.json()]).toMatchObject([
    200,
    [
      { file: files[0], success: true },
      { file: files[1], success: false, error: expect.any(String) },
    ],
  ])
  expect((await get('/download', { path: `${folder}/b.txt` })).text).toBe('first\nthread here\n')

  const [source, destination] = [`${folder}/b.txt`, `${folder}/moved.txt`]
  expect((await post('/move', { source, destination })).status).toBe(200)
  expectError(await post('/move', { source: destination, destination: `${folder}/inner/c.txt` }), 409)
  expectError(await post('/move', { source, destination: `${folder}/x` }), 404)

  expect((await post('/permissions', { path: destination, mode: '0600' })).status).toBe(200)
  expect((await get('/info', { path: destination })).json()).toMatchObject({ permissions: '0600' })
  expectError(await post('/permissions', { path: destination, owner: 'no-such-user' }), 400)

  expect((await remove({ path: destination })).status).toBe(204)
  expectError(await remove({ path: destination }), 404)
  expectError(await remove({ path: folder }), 400)
  expect((await remove({ path: folder, recursive: 'true' })).status).toBe(204)
  expectError(await get('/info', { path: folder }), 404)
})
