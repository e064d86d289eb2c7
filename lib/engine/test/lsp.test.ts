/** Language servers, through the official SDK and the raw routes. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Daytona, type Sandbox } from '@daytona/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorEnvelope } from '@/lib/process-api/errors'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

type LspServer = Awaited<ReturnType<Sandbox['createLspServer']>>

const program = readFileSync(path.resolve(import.meta.dirname, '../../../test-kit/programs/language-server.py'))
const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

describe.each(kinds)('%s', (isolation) => {
  let engine: EngineFixture
  let sandbox: Sandbox
  let lsp: LspServer

  beforeAll(async () => {
    // Without the folders where a real pylsp may be.
    engine = await startEngine({ isolation, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } })
    sandbox = await new Daytona({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local' }).create()
    await sandbox.fs.createFolder('project/pkg', '755')
    await sandbox.fs.createFolder('.local/bin', '755')
    lsp = await sandbox.createLspServer('python', 'project')
  })
  afterAll(() => engine.stop())

  const write = (name: string, text: string) => sandbox.fs.uploadFile(Buffer.from(text), `project/${name}`)
  const post = async (route: string, body: object, pathToProject = 'project') => {
    const request = { languageId: 'python', pathToProject, ...body }
    const response = await engine.toolbox(sandbox.id, 'POST', `/lsp/${route}`, request)
    if (response.status === 200) return [200, '']
    return [response.status, response.json<ErrorEnvelope>().message]
  }
  const running = async () =>
    (await sandbox.process.executeCommand("pgrep -fc '^/?[^ ]*python3 .*[p]ylsp'")).result.trim()
  const labels = async (name: string, line: number, character: number) =>
    (await lsp.completions(name, { line, character })).items.map(({ label }) => label)

  test('a server that is not installed is refused with the command that installs it', async () => {
    await expect(lsp.start()).rejects.toThrow(/pylsp is not installed in this sandbox. Install it with: .*pip install/)
    await expect((await sandbox.createLspServer('typescript', 'project')).start()).rejects.toThrow(
      /typescript-language-server is not installed in this sandbox. Install it with: npm install/,
    )
    expect(await post('did-open', { uri: 'file://project/a.py' })).toEqual([
      409,
      expect.stringMatching(/pylsp does not run for .*\/project; start it first/),
    ])
    expect(await post('stop', {})).toEqual([200, ''])
  })

  test('documents are completed and described, whether they are open or not, and after they changed', async () => {
    await sandbox.fs.uploadFile(program, '.local/bin/pylsp')
    await sandbox.fs.setFilePermissions('.local/bin/pylsp', { mode: '755' })
    await Promise.all([lsp.start(), lsp.start()])
    await lsp.start()
    expect(await running()).toBe('1')
    const text = 'class Alpha:\n    def beta(self):\n        pass\nbe\n'
    await write('main.py', text)
    const expected = [
      { name: 'Alpha', kind: 5 },
      { name: 'beta', kind: 12 },
    ]
    expect(await lsp.documentSymbols('project/main.py')).toMatchObject(expected)
    await lsp.didOpen('project/main.py')
    const [alpha] = await lsp.documentSymbols('main.py')
    expect(alpha?.location).toEqual({
      uri: expect.stringMatching(/^file:\/\/\/.*\/project\/main\.py$/),
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 12 } },
    })
    expect((await lsp.completions('project/main.py', { line: 3, character: 2 })).items).toEqual([
      { label: 'beta', kind: 3, documentation: { kind: 'plaintext', value: 'The word beta.' } },
    ])
    await write('main.py', text.replace('beta', 'better'))
    expect(await labels('project/main.py', 3, 2)).toEqual(['better'])
    await lsp.didClose('project/main.py')
    expect(await labels('project/main.py', 3, 2)).toEqual(['better'])
    const odd = 'ö #1 100%.py'
    await write(odd, 'def odd(): pass\n')
    expect(await lsp.documentSymbols(`project/${odd}`)).toMatchObject([{ name: 'odd' }])
  })

  test('symbols of a project are found in all of its files, but not in those of others', async () => {
    await write('pkg/deep.py', 'def needle_one(): pass\n')
    await write('top.py', 'def Needle(): pass\n')
    await sandbox.process.executeCommand(
      'mkdir -p project/node_modules project/.venv && cp project/top.py project/node_modules && cp project/top.py project/.venv && ln -s /etc project/link',
    )
    const found = await lsp.sandboxSymbols('needle')
    expect(found.map(({ name }) => name)).toEqual(['Needle', 'needle_one'])
  })

  test('mistakes of clients are 4xx with a sentence', async () => {
    const at = { position: { line: 0, character: 0 } }
    expect(await post('completions', { uri: 'file://missing.py', ...at })).toEqual([
      404,
      expect.stringContaining('missing.py'),
    ])
    expect((await post('completions', { uri: 'file:///', ...at }))[0]).toBe(400)
    expect((await post('completions', { uri: 'file://top.py', position: { line: -1, character: 0 } }))[0]).toBe(400)
    expect((await post('completions', { uri: 'file://top.py', languageId: 'ruby', ...at }))[0]).toBe(400)
    expect((await post('start', {}, 'nowhere'))[0]).toBe(400)
    expect((await post('start', {}, 'a\0b'))[0]).toBe(400)
  })

  test.each([
    ['crash', /pylsp exited with code 1 \(this is a crash\); start it again/],
    ['garbage', /pylsp sent no header; start it again/],
    ['huge', /pylsp sent a message longer than \d+ bytes; start it again/],
    ['many', /pylsp sent a message that .* has too many values; start it again/],
  ])('a server with a %s is ended and can be started again', async (fault, message) => {
    await lsp.start()
    await write('fault.py', `# ${fault}\n`)
    expect(await post('completions', { uri: 'file://fault.py', position: { line: 0, character: 0 } })).toEqual([
      409,
      expect.stringMatching(message),
    ])
    await eventually('its process has ended', async () => (await running()) === '0')
    await lsp.start()
    await write('fault.py', 'def fine(): pass\n')
    expect(await lsp.documentSymbols('fault.py')).toMatchObject([{ name: 'fine' }])
  })

  test('their number is limited, and they end when they are stopped and with the sandbox', async () => {
    await lsp.stop()
    expect(await running()).toBe('0')
    const folders = Array.from({ length: 9 }, (_, index) => `many/${index}`)
    await sandbox.process.executeCommand(`mkdir -p ${folders.join(' ')}`)
    for (const folder of folders.slice(0, 8)) expect(await post('start', {}, folder)).toEqual([200, ''])
    expect(await post('start', {}, 'many/8')).toEqual([429, expect.stringContaining('8 language servers run')])
    expect(await post('stop', {}, 'many/0')).toEqual([200, ''])
    expect(await post('start', {}, 'many/8')).toEqual([200, ''])
    expect(await running()).toBe('8')
    await write('silent.py', '# silent\n')
    expect((await post('did-open', { uri: 'file:///../silent.py' }, 'many/1'))[0]).toBe(404)
    await sandbox.stop()
    await sandbox.start()
    expect(await running()).toBe('0')
    expect((await post('did-open', { uri: 'file://main.py' }))[0]).toBe(409)
  })
})
