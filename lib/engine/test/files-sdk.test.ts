/** The official SDK's file calls against a real engine: through the proxy, into the sandbox, and back. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { Daytona, type Sandbox } from '@daytona/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineFixture, startEngine } from './engine-fixture'

let engine: EngineFixture
let sandbox: Sandbox
let folder: string

beforeAll(async () => {
  engine = await startEngine()
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-files-sdk-'))
  sandbox = await new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).create()
})
afterAll(async () => {
  await engine?.stop()
  await rm(folder, { recursive: true, force: true })
})

const everyByte = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256))

/** The error of a failed call. SDK errors carry the envelope's status and code. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => null,
    (error: unknown) => error,
  )
}

describe('uploads and downloads', () => {
  it('transfer every byte there and back, under any name', async () => {
    for (const name of ['plain.bin', 'a "quoted" name', 'ünï/漢字 🎉.bin', '/tmp/absolute']) {
      await sandbox.fs.uploadFile(everyByte, name)
      expect((await sandbox.fs.downloadFile(name)).equals(everyByte)).toBe(true)
    }
  })

  it('work with local files', async () => {
    const local = path.join(folder, 'local')
    await writeFile(local, everyByte)
    await sandbox.fs.uploadFile(local, 'from-local')
    await sandbox.fs.downloadFile('from-local', path.join(folder, 'back'))
    expect((await readFile(path.join(folder, 'back'))).equals(everyByte)).toBe(true)
  })

  it('transfer an empty file', async () => {
    await sandbox.fs.uploadFile(Buffer.alloc(0), 'empty')
    expect(await sandbox.fs.downloadFile('empty')).toHaveLength(0)
  })

  it('transfer several files at once and report a missing one', async () => {
    await sandbox.fs.uploadFiles([
      { source: Buffer.from('one'), destination: 'many/1' },
      { source: Buffer.from('two'), destination: 'many/2' },
    ])
    const files = await sandbox.fs.downloadFiles([{ source: 'many/1' }, { source: 'many/none' }, { source: 'many/2' }])
    expect(files.map((file) => file.result?.toString())).toEqual(['one', undefined, 'two'])
    expect(files[1]).toMatchObject({
      error: 'file not found: many/none',
      errorDetails: { errorCode: 'FILE_NOT_FOUND' },
    })
  })

  it('stream with progress', async () => {
    const block = Buffer.alloc(1024 * 1024, 'sandglass ')
    const blocks = 48
    const hash = createHash('sha256')
    for (let count = 0; count < blocks; count += 1) hash.update(block)
    let sent = 0
    await sandbox.fs.uploadFileStream(Readable.from(Array.from({ length: blocks }, () => block)), 'large', {
      onProgress: ({ bytesSent }) => {
        sent = bytesSent
      },
    })
    expect(sent).toBe(blocks * block.length)

    const received = createHash('sha256')
    const totals = new Set<number | undefined>()
    const stream = await sandbox.fs.downloadFileStream('large', {
      onProgress: ({ totalBytes }) => {
        totals.add(totalBytes)
      },
    })
    for await (const chunk of stream) received.update(chunk)
    expect(received.digest('hex')).toBe(hash.digest('hex'))
    expect([...totals]).toEqual([blocks * block.length])
  }, 60_000)

  it('fail with the error class of the code', async () => {
    const missing = await failureOf(sandbox.fs.downloadFile('none'))
    expect(missing).toMatchObject({ statusCode: 404, message: 'file not found: none' })
    expect(String(missing)).toContain('NotFound')
    const folderInTheWay = await failureOf(sandbox.fs.uploadFile(Buffer.from('x'), '/tmp'))
    expect(folderInTheWay).toMatchObject({ statusCode: 400 })
  })
})

describe('the tree', () => {
  it('is created, listed, searched, changed and deleted', async () => {
    const { fs } = sandbox
    await fs.createFolder('project/src', '755')
    await fs.uploadFile(Buffer.from('const name = "old"\n'), 'project/src/a.ts')
    await fs.uploadFile(Buffer.from('nothing\n'), 'project/src/b.ts')

    const list = await fs.listFiles('project', { depth: 2 })
    expect(list.map(({ name, isDir }) => [name, isDir])).toEqual([
      ['src', true],
      ['a.ts', false],
      ['b.ts', false],
    ])
    expect(await fs.getFileDetails('project/src/a.ts')).toMatchObject({
      name: 'a.ts',
      size: 19,
      isDir: false,
      owner: '1000',
      group: '1000',
      permissions: '0644',
      mode: '-rw-r--r--',
    })
    expect(await fs.findFiles('project', 'old')).toEqual([
      { file: 'project/src/a.ts', line: 1, content: 'const name = "old"' },
    ])
    expect(await fs.searchFiles('project', '*.ts')).toEqual({ files: ['project/src/a.ts', 'project/src/b.ts'] })
    expect(await fs.replaceInFiles(['project/src/a.ts'], 'old', 'new')).toEqual([
      { file: 'project/src/a.ts', success: true },
    ])
    await fs.setFilePermissions('project/src/a.ts', { mode: '600' })
    await fs.moveFiles('project/src/a.ts', 'project/moved.ts')
    expect((await fs.downloadFile('project/moved.ts')).toString()).toBe('const name = "new"\n')
    expect((await fs.getFileDetails('project/moved.ts')).permissions).toBe('0600')
    expect(await failureOf(fs.deleteFile('project'))).toMatchObject({ statusCode: 400 })
    await fs.deleteFile('project', true)
    expect(await failureOf(fs.getFileDetails('project'))).toMatchObject({ statusCode: 404 })
  })

  it("never leads to the engine's own files", async () => {
    await sandbox.process.executeCommand('ln -s /proc/self me; ln -s /proc/self/environ report.txt')
    const paths = ['/proc/self/environ', '/proc/self/maps', '/proc/thread-self/maps', 'me/environ', 'report.txt']
    for (const path of paths) {
      // Refused if the toolbox shares the sandbox's processes; in an isolated sandbox it has no entry there at all.
      expect(await failureOf(sandbox.fs.downloadFile(path)), path).toMatchObject({
        statusCode: expect.toBeOneOf([403, 404]),
      })
    }
    for (let descriptor = 3; descriptor < 30; descriptor += 1) {
      const path = `/proc/self/fd/${descriptor}`
      expect(await failureOf(sandbox.fs.listFiles(path)), path).not.toBeNull()
      expect(await failureOf(sandbox.fs.uploadFile(Buffer.from('x'), `${path}/forged`)), path).not.toBeNull()
    }
  })
})
