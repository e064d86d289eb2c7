/** Runs the promises of this folder with a Python that has the official SDK, against the deployment that is tested. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { startDeployment } from '../deployment'
import { makeHome, readQuickStart } from '../quick-starts'

const [python, report] = process.argv.slice(2)
if (!python || !report) throw new Error('usage: run.ts PYTHON REPORT')

const { deployment, stop } = await startDeployment()
const home = await makeHome(deployment)
try {
  const child = spawn(python, [import.meta.dirname, report], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      QUICK_START: await home.write('quickstart.py', await readQuickStart('Python')),
      LSP_PROGRAM: path.join(import.meta.dirname, '../../test-kit/programs/language-server.py'),
      QUICK_START_HOME: home.folder,
      DAYTONA_API_URL: deployment.apiUrl,
      DAYTONA_API_KEY: deployment.apiKey,
      ...(deployment.target ? { DAYTONA_TARGET: deployment.target } : {}),
    },
  })
  const [code] = await once(child, 'close')
  process.exitCode = code ?? 1
} finally {
  await home.remove()
  await stop()
}
