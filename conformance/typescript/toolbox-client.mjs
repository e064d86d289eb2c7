/** The generated toolbox client, which has a method for every route. */
import assert from 'node:assert/strict'
import { Daytona } from '@daytona/sdk'
import {
  Configuration,
  FileSystemApi,
  InfoApi,
  InterpreterApi,
  PortApi,
  ProcessApi,
  ServerApi,
  SystemApi,
} from '@daytona/toolbox-api-client'

const daytona = new Daytona()
const sandbox = await daytona.create()
const configuration = new Configuration({
  basePath: `${sandbox.toolboxProxyUrl.replace(/\/$/, '')}/${sandbox.id}`,
  baseOptions: {
    headers: { Authorization: `Bearer ${process.env.DAYTONA_API_KEY}`, 'X-Daytona-SDK-Version': '0.218.0' },
  },
})

const data = async (answer) => (await answer).data
const status = async (answer) => (await answer).status
const failure = async (answer) =>
  await answer.then(
    () => null,
    (error) => error.response?.status,
  )

try {
  await processes(new ProcessApi(configuration))
  await terminals(new ProcessApi(configuration))
  await contexts(new InterpreterApi(configuration))
  await files(new FileSystemApi(configuration))
  await machine(new PortApi(configuration), new SystemApi(configuration))
  await environment(new ServerApi(configuration), new ProcessApi(configuration))
  const info = new InfoApi(configuration)
  assert.equal(typeof (await data(info.getVersion())).version, 'string')
  assert.match((await data(info.getUserHomeDir())).dir, /^\//)
  assert.match((await data(info.getWorkDir())).dir, /^\//)
} finally {
  await sandbox.delete()
}
console.log('through')

async function processes(api) {
  assert.deepEqual(await data(api.executeCommand({ command: 'echo $A; exit 3', envs: { A: 'b' } })), {
    exitCode: 3,
    result: 'b\n',
  })
  assert.deepEqual(await data(api.codeRun({ language: 'typescript', code: 'console.log(1 as number)' })), {
    exitCode: 0,
    result: '1\n',
  })
  assert.equal(await status(api.createSession({ sessionId: 's' })), 201)
  const sync = await api.sessionExecuteCommand('s', { command: 'echo out; echo err >&2' })
  assert.deepEqual([sync.status, sync.data.stdout, sync.data.stderr, sync.data.exitCode], [200, 'out\n', 'err\n', 0])
  const { cmdId } = await data(api.sessionExecuteCommand('s', { command: 'read x; echo "got $x"', runAsync: true }))
  assert.equal(await status(api.sendInput('s', cmdId, { data: 'it' })), 204)
  while ((await data(api.getSessionCommand('s', cmdId))).exitCode === undefined);
  assert.equal((await data(api.getSessionCommandLogs('s', cmdId))).stdout, 'it\ngot it\n')
  assert.equal((await data(api.getSession('s'))).commands.length, 2)
  assert.deepEqual(
    (await data(api.listSessions())).map((it) => it.sessionId),
    ['s'],
  )
  assert.equal(await status(api.deleteSession('s')), 204)
  assert.equal(await failure(api.getSession('s')), 404)
  assert.equal((await data(api.getEntrypointSession())).sessionId, 'entrypoint')
  assert.equal(typeof (await data(api.getEntrypointLogs())).output, 'string')
}

async function terminals(api) {
  assert.deepEqual(await data(api.createPtySession({ id: 'p', cols: 90, rows: 20, lazyStart: true })), {
    sessionId: 'p',
  })
  const info = await data(api.getPtySession('p'))
  assert.deepEqual([info.cols, info.rows, info.active, info.lazyStart], [90, 20, false, true])
  assert.equal(await status(api.createPtySession({ id: 'q' })), 201)
  assert.equal((await data(api.resizePtySession('q', { cols: 100, rows: 30 }))).cols, 100)
  assert.deepEqual((await data(api.listPtySessions())).sessions.map((it) => it.id).sort(), ['p', 'q'])
  for (const id of ['p', 'q']) assert.equal(await status(api.deletePtySession(id)), 200)
  assert.equal(await failure(api.getPtySession('q')), 404)
  assert.equal(await failure(api.connectPtySession('q')), 400)
}

async function contexts(api) {
  const context = await data(api.createInterpreterContext({ cwd: '/tmp' }))
  assert.deepEqual([context.cwd, context.language, context.active], ['/tmp', 'python', true])
  assert.deepEqual(
    (await data(api.listInterpreterContexts())).contexts.map((it) => it.id),
    [context.id],
  )
  assert.equal(await status(api.deleteInterpreterContext(context.id)), 200)
  assert.equal(await failure(api.deleteInterpreterContext(context.id)), 404)
  assert.equal(await failure(api.executeInterpreterCode()), 400)
}

async function files(api) {
  assert.equal(await status(api.createFolder('tree/inner', '0755')), 201)
  const uploaded = await data(api.uploadFile('tree/file.txt', new File(['needle\n'], 'file.txt')))
  assert.equal(uploaded.name, 'file.txt')
  assert.equal((await data(api.getFileInfo('tree/file.txt'))).size, 7)
  assert.deepEqual(
    (await data(api.listFiles('tree', 2))).map((it) => it.name),
    ['file.txt', 'inner'],
  )
  assert.equal(await data(api.downloadFile('tree/file.txt')), 'needle\n')
  assert.match(String(await data(api.downloadFiles({ paths: ['tree/file.txt'] }))), /needle/)
  assert.deepEqual(await data(api.findInFiles('tree', 'needle')), [
    { file: 'tree/file.txt', line: 1, content: 'needle' },
  ])
  assert.deepEqual(await data(api.searchFiles('tree', '*.txt')), { files: ['tree/file.txt'] })
  assert.deepEqual(
    await data(api.replaceInFiles({ files: ['tree/file.txt'], pattern: 'needle', newValue: 'thread' })),
    [{ file: 'tree/file.txt', success: true }],
  )
  assert.equal(await status(api.setFilePermissions('tree/file.txt', undefined, undefined, '0600')), 200)
  assert.equal(await status(api.moveFile('tree/file.txt', 'tree/inner/moved.txt')), 200)
  assert.equal(await status(api.deleteFile('tree/inner/moved.txt')), 204)
  assert.equal(await failure(api.deleteFile('tree')), 400)
  assert.equal(await status(api.deleteFile('tree', true)), 204)
}

async function machine(ports, system) {
  assert.ok(Array.isArray((await data(ports.getPorts())).ports))
  assert.equal(typeof (await data(ports.isPortInUse(3000))).isInUse, 'boolean')
  assert.equal(await failure(ports.isPortInUse(80)), 400)
  const metrics = await data(system.getSystemMetrics())
  assert.ok(metrics.cpuCount > 0 && metrics.memTotal > 0 && metrics.diskTotal > 0)
}

async function environment(server, processes) {
  const value = async () => (await data(processes.executeCommand({ command: 'echo "$FROM_CLIENT"' }))).result
  await server.updateEnv({ set: { FROM_CLIENT: 'yes' } })
  assert.equal(await value(), 'yes\n')
  await server.updateEnv({ unset: ['FROM_CLIENT'] })
  assert.equal(await value(), '\n')
}
