/** Real matplotlib in a sandbox: its own, else installed from a package index as a user of the sandbox would. */
import type { Sandbox } from './client'

/** An installation takes half a minute on a slow machine. */
const installSeconds = 240

export type Matplotlib = { available: true; env: Record<string, string> } | { available: false; why: string }

export async function matplotlibIn(sandbox: Sandbox): Promise<Matplotlib> {
  const check = 'python3 -c "import matplotlib"'
  if ((await sandbox.execute(check)).exitCode === 0) return { available: true, env: {} }
  const folder = (await sandbox.execute('mkdir -p site && cd site && printf %s "$PWD"')).result
  const answer = await sandbox.post('/process/execute', {
    command: `python3 -m pip install --quiet --target ${folder} matplotlib`,
    timeout: installSeconds,
  })
  const env = { PYTHONPATH: folder }
  if ((await sandbox.execute(check, { envs: env })).exitCode === 0) return { available: true, env }
  return { available: false, why: answer.text.slice(-300) }
}
