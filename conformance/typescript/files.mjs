/** Every file call of an official SDK. `SDK` names the package. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const sandbox = await daytona.create()
const { fs } = sandbox
const local = await mkdtemp(path.join(tmpdir(), 'sandglass-conformance-'))
const bytes = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256))

try {
  await uploads()
  await downloads()
  await folders()
} finally {
  await rm(local, { recursive: true, force: true })
  await sandbox.delete()
}
console.log('through')

async function uploads() {
  for (const name of [
    'up/plain.bin',
    'up/a "quoted" name',
    'up/ünï 漢字 🎉.bin',
    `${await sandbox.getUserHomeDir()}/absolute`,
  ]) {
    await fs.uploadFile(bytes, name)
    assert.ok((await fs.downloadFile(name)).equals(bytes), name)
  }
  await fs.uploadFile(Buffer.alloc(0), 'up/empty')
  assert.equal((await fs.downloadFile('up/empty')).length, 0)

  await writeFile(path.join(local, 'file'), bytes)
  await fs.uploadFile(path.join(local, 'file'), 'up/from-local')
  await fs.uploadFiles([
    { source: Buffer.from('one'), destination: 'up/many/1' },
    { source: path.join(local, 'file'), destination: 'up/many/2' },
  ])
  const blocks = Array.from({ length: 16 }, (_, i) => Buffer.alloc(256 * 1024, i))
  let sent = 0
  await fs.uploadFileStream(Readable.from(blocks), 'up/large', {
    onProgress: ({ bytesSent }) => {
      sent = bytesSent
    },
  })
  assert.equal(sent, 4 * 1024 * 1024)
}

async function downloads() {
  await fs.downloadFile('up/many/2', path.join(local, 'back'))
  assert.ok((await readFile(path.join(local, 'back'))).equals(bytes))

  const several = await fs.downloadFiles([
    { source: 'up/many/1' },
    { source: 'up/many/none' },
    { source: 'up/from-local', destination: path.join(local, 'several') },
  ])
  assert.deepEqual(
    several.map((it) => it.source),
    ['up/many/1', 'up/many/none', 'up/from-local'],
  )
  assert.equal(String(several[0].result), 'one')
  assert.match(several[1].error, /file not found: up\/many\/none/)
  assert.ok((await readFile(path.join(local, 'several'))).equals(bytes))

  let total = 0
  let received = 0
  const stream = await fs.downloadFileStream('up/large', {
    onProgress: (progress) => {
      received = progress.bytesReceived
      total = progress.totalBytes ?? total
    },
  })
  let length = 0
  for await (const chunk of stream) length += chunk.length
  assert.deepEqual([length, received, total], [4 * 1024 * 1024, 4 * 1024 * 1024, 4 * 1024 * 1024])
  await assert.rejects(fs.downloadFile('up/none'), /not found/)
}

async function folders() {
  await fs.createFolder('tree/inner', '750')
  await fs.uploadFile(Buffer.from('first\nneedle\n'), 'tree/b.txt')
  await fs.uploadFile(Buffer.from('needle'), 'tree/inner/c.txt')
  assert.deepEqual(
    (await fs.listFiles('tree')).map((it) => [it.name, it.isDir]),
    [
      ['b.txt', false],
      ['inner', true],
    ],
  )
  const details = await fs.getFileDetails('tree/inner')
  assert.deepEqual([details.name, details.isDir, details.permissions], ['inner', true, '0750'])
  const found = await fs.findFiles('tree', 'needle')
  assert.deepEqual(found.map((it) => [it.file, it.line, it.content]).sort(), [
    ['tree/b.txt', 2, 'needle'],
    ['tree/inner/c.txt', 1, 'needle'],
  ])
  assert.deepEqual((await fs.searchFiles('tree', '*.txt')).files.sort(), ['tree/b.txt', 'tree/inner/c.txt'])
  const replaced = await fs.replaceInFiles(['tree/b.txt', 'tree/none'], 'needle', 'thread')
  assert.deepEqual(
    replaced.map((it) => [it.file, it.success]),
    [
      ['tree/b.txt', true],
      ['tree/none', false],
    ],
  )
  assert.equal(String(await fs.downloadFile('tree/b.txt')), 'first\nthread\n')
  await fs.setFilePermissions('tree/b.txt', { mode: '600' })
  assert.equal((await fs.getFileDetails('tree/b.txt')).permissions, '0600')
  await fs.moveFiles('tree/b.txt', 'tree/moved.txt')
  await assert.rejects(fs.moveFiles('tree/moved.txt', 'tree/inner/c.txt'), { name: 'DaytonaConflictError' })
  await assert.rejects(fs.getFileDetails('tree/b.txt'), /not found|no such file/i)
  await fs.deleteFile('tree/moved.txt')
  await assert.rejects(fs.deleteFile('tree'))
  await fs.deleteFile('tree', true)
  await assert.rejects(fs.listFiles('tree'), /not found|no such file/i)
}
