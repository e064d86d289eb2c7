/** What an ordinary client does with a sandbox: it uses every feature, so that the toolbox uses all its paths. */
import type { HostileSandbox } from './sandbox'

/** Longer than the kernel's limit for one argument. */
const longCommand = `${'# a long comment\n'.repeat(8_000)}echo long`
const stepTimeoutMs = 8_000

/** Sessions and commands alone, as most clients use. */
export async function workInSessions(sandbox: HostileSandbox, round: number): Promise<void> {
  const sessionId = `work-${round}`
  const session = `/process/session/${sessionId}`
  await sandbox.ask('POST', '/process/session', { sessionId }, stepTimeoutMs)
  await sandbox.ask('POST', `${session}/exec`, { command: 'echo one; echo two >&2' }, stepTimeoutMs)
  await sandbox.ask('POST', `${session}/exec`, { command: 'cat', runAsync: true }, stepTimeoutMs)
  await sandbox.ask('GET', session, undefined, stepTimeoutMs)
  await sandbox.ask('DELETE', session, undefined, stepTimeoutMs)
}

export async function workWithCode(sandbox: HostileSandbox): Promise<void> {
  const ask = (route: string, body: unknown) => sandbox.ask('POST', route, body, stepTimeoutMs)
  await ask('/process/code-run', { language: 'python', code: 'print("python")' })
  await ask('/process/code-run', { language: 'javascript', code: 'console.log("javascript")' })
  await ask('/process/code-run', { language: 'typescript', code: 'const a: string = "typescript"; console.log(a)' })
  await ask('/process/execute', { command: longCommand })
  await ask('/process/run', { kind: 'command', command: 'cat', stdin: 'open' })
  await ask('/process/run', { kind: 'code', language: 'python', code: 'print(input())', stdin: 'open' })
}

export async function workWithTerminals(sandbox: HostileSandbox, round: number): Promise<void> {
  const id = `pty-${round}`
  await sandbox.ask('POST', '/process/pty', { id }, stepTimeoutMs)
  await sandbox.ask('POST', `/process/pty/${id}/recording`, { action: 'start' }, stepTimeoutMs)
  await sandbox.converse(`/process/pty/${id}/connect`, ['echo terminal; exit\n'], stepTimeoutMs, /terminal\r\n/)
  await sandbox.ask('GET', `/process/pty/${id}/screen`, undefined, stepTimeoutMs)
  await sandbox.ask('GET', '/process/pty-recording', undefined, stepTimeoutMs)
  await sandbox.ask('DELETE', `/process/pty/${id}`, undefined, stepTimeoutMs)
}

export async function workWithInterpreters(sandbox: HostileSandbox): Promise<void> {
  for (const [language, code] of [
    ['python', 'print(6 * 7)'],
    ['javascript', 'console.log(6 * 7)'],
  ]) {
    const created = await sandbox.ask('POST', '/process/interpreter/context', { language }, stepTimeoutMs)
    if (created.status !== 200) continue
    const { id } = created.json<{ id: string }>()
    const message = JSON.stringify({ code, contextId: id })
    await sandbox.converse('/process/interpreter/execute', [message], stepTimeoutMs, /42/)
    await sandbox.ask('DELETE', `/process/interpreter/context/${id}`, undefined, stepTimeoutMs)
  }
}

export async function workWithFiles(sandbox: HostileSandbox, round: number): Promise<void> {
  const ask = (method: string, route: string, body?: unknown) => sandbox.ask(method, route, body, stepTimeoutMs)
  const folder = `/home/daytona/work-${round}`
  await ask('POST', `/files/folder?path=${folder}&mode=755`)
  await sandbox.upload(`${folder}/file.txt`, 'something to find\n')
  await ask('GET', `/files?path=${folder}&depth=3`)
  await ask('GET', `/files/find?path=${folder}&pattern=something`)
  await ask('GET', `/files/search?path=${folder}&pattern=*.txt`)
  await ask('POST', '/files/replace', { files: [`${folder}/file.txt`], pattern: 'something', newValue: 'anything' })
  await ask('POST', `/files/move?source=${folder}/file.txt&destination=${folder}/moved.txt`)
  await ask('POST', `/files/permissions?path=${folder}/moved.txt&mode=600`)
  await ask('POST', '/files/bulk-download', { paths: [`${folder}/moved.txt`] })
  await ask('GET', `/files/download?path=${folder}/moved.txt`)
  await ask('DELETE', `/files?path=${folder}&recursive=true`)
}

export async function workWithEverything(sandbox: HostileSandbox, round: number): Promise<void> {
  await workInSessions(sandbox, round)
  await workWithCode(sandbox)
  await workWithTerminals(sandbox, round)
  await workWithInterpreters(sandbox)
  await workWithFiles(sandbox, round)
}
