/** What each page of the console does, as code for the SDKs and for curl. */
import { type ApiAccess, curlGet, curlPost } from '@/components/execution/api-access'
import { type CallForms, callForms } from '@/components/runner/call-as'
import { languageLabel } from '@/lib/process-api/language-label'
import type { SandboxDto } from '@/lib/process-api/sandbox'

export const codeViews = [
  { value: 'sandboxes', label: 'Sandboxes' },
  { value: 'run', label: 'Run' },
  { value: 'sessions', label: 'Sessions' },
  { value: 'terminal', label: 'Terminal' },
  { value: 'interpreter', label: 'Interpreter' },
  { value: 'files', label: 'Files' },
  { value: 'processes', label: 'Processes' },
  { value: 'ports', label: 'Ports' },
  { value: 'info', label: 'Info' },
] as const
export type CodeView = (typeof codeViews)[number]['value']

const programs = { python: 'print(1 + 1)', javascript: 'console.log(1 + 1)', typescript: 'console.log(1 + 1)' } as const

export function viewCalls(api: ApiAccess, sandbox: Pick<SandboxDto, 'id' | 'labels'>, view: CodeView): CallForms {
  const { id } = sandbox
  const named = sandbox.labels[languageLabel]
  const language = named === 'javascript' || named === 'typescript' ? named : 'python'
  const forms = (python: string, typescript: string, curl: string): CallForms => ({
    python: `${pythonHead(api, id)}${python}`,
    typescript: `${typescriptHead(api, id)}${typescript}`,
    curl,
  })
  const post = (path: string, body: unknown) => curlPost(api, 'toolbox', `/${id}${path}`, body)
  const get = (path: string) => curlGet(api, 'toolbox', `/${id}${path}`)
  switch (view) {
    case 'sandboxes':
      return {
        python: `from daytona import Daytona

# ${api.sdkNote}
for sandbox in Daytona().list():
    print(sandbox.id, sandbox.state)`,
        typescript: `import { Daytona } from '@daytona/sdk'

// ${api.sdkNote}
for await (const sandbox of new Daytona().list()) console.log(sandbox.id, sandbox.state)`,
        curl: curlGet(api, 'api', '/sandbox'),
      }
    case 'run':
      return callForms(api, id, { kind: 'code', language, code: programs[language] }, language)
    case 'sessions':
      return forms(
        `from daytona import SessionExecuteRequest

sandbox.process.create_session("build")
request = SessionExecuteRequest(command="npm test", run_async=True)
command = sandbox.process.execute_session_command("build", request)
print(sandbox.process.get_session_command_logs("build", command.cmd_id).output)`,
        `await sandbox.process.createSession('build')
const request = { command: 'npm test', runAsync: true }
const command = await sandbox.process.executeSessionCommand('build', request)
await sandbox.process.getSessionCommandLogs('build', command.cmdId, console.log, console.error)`,
        post('/process/session/build/exec', { command: 'npm test', runAsync: true }),
      )
    case 'terminal':
      return forms(
        `terminal = sandbox.process.create_pty_session(id="shell")
terminal.send_input("ls\\n")
terminal.wait(on_data=lambda data: print(data.decode(), end=""))`,
        `const terminal = await sandbox.process.createPty({
  id: 'shell',
  onData: (data) => process.stdout.write(data),
})
await terminal.waitForConnection()
await terminal.sendInput('ls\\n')`,
        post('/process/pty', { id: 'shell', cols: 120, rows: 30 }),
      )
    case 'interpreter':
      return forms(
        `result = sandbox.code_interpreter.run_code("x = 20\\nprint(x + 1)")
print(result.stdout)`,
        `const result = await sandbox.codeInterpreter.runCode('x = 20\\nprint(x + 1)')
console.log(result.stdout)`,
        post('/process/interpreter/context', { language: 'python' }),
      )
    case 'files':
      return forms(
        `sandbox.fs.upload_file(b"hello", "notes.txt")
print(sandbox.fs.download_file("notes.txt"))
print([file.name for file in sandbox.fs.list_files(".")])`,
        `await sandbox.fs.uploadFile(Buffer.from('hello'), 'notes.txt')
console.log((await sandbox.fs.downloadFile('notes.txt')).toString())
console.log((await sandbox.fs.listFiles('.')).map((file) => file.name))`,
        get('/files?path=.'),
      )
    case 'processes':
      return forms(
        `print(sandbox.process.exec("ps -ef").result)`,
        `console.log((await sandbox.process.executeCommand('ps -ef')).result)`,
        post('/process/execute', { command: 'ps -ef' }),
      )
    case 'ports':
      return forms(
        `preview = sandbox.get_preview_link(8000)
print(preview.url, preview.token)
print(sandbox.create_signed_preview_url(8000, 600).url)  # for 10 minutes`,
        `const preview = await sandbox.getPreviewLink(8000)
console.log(preview.url, preview.token)
console.log((await sandbox.getSignedPreviewUrl(8000, 600)).url) // for 10 minutes`,
        get('/port'),
      )
    case 'info':
      return forms(
        `print(sandbox.state, sandbox.cpu, sandbox.memory)
sandbox.set_labels({**sandbox.labels, "team": "api"})
sandbox.set_autostop_interval(60)`,
        `console.log(sandbox.state, sandbox.cpu, sandbox.memory)
await sandbox.setLabels({ ...sandbox.labels, team: 'api' })
await sandbox.setAutostopInterval(60)`,
        curlGet(api, 'api', `/sandbox/${id}`),
      )
    default:
      return view satisfies never
  }
}

function pythonHead(api: ApiAccess, id: string): string {
  return `from daytona import Daytona

# ${api.sdkNote}
sandbox = Daytona().get(${JSON.stringify(id)})
`
}

function typescriptHead(api: ApiAccess, id: string): string {
  return `import { Daytona } from '@daytona/sdk'

// ${api.sdkNote}
const sandbox = await new Daytona().get(${JSON.stringify(id)})
`
}
