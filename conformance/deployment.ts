/** The deployment that is tested: one that the environment names, or an engine of our own. */
import { spawnSync } from 'node:child_process'
import { startEngine } from '@/lib/engine/test/engine-fixture'

export interface Deployment {
  /** Base of the control plane; ours ends in `/api`. */
  readonly apiUrl: string
  readonly apiKey: string
  /** Asked for when a sandbox is made (`target`); null leaves it to the deployment. */
  readonly target: string | null
  /** It is the reference: where that is known to do worse, its own behaviour is accepted too. */
  readonly reference: boolean
}

export interface StartedDeployment {
  readonly deployment: Deployment
  stop(): Promise<void>
}

/** Both are needed, or neither: half of an address would test our own engine and say that it tested another. */
export function readDeployment(env: NodeJS.ProcessEnv): Deployment | null {
  const { CONFORMANCE_API_URL: apiUrl, CONFORMANCE_API_KEY: apiKey } = env
  if (!apiUrl && !apiKey) return null
  if (!apiUrl || !apiKey) throw new Error('CONFORMANCE_API_URL and CONFORMANCE_API_KEY go together')
  return {
    apiUrl: apiUrl.replace(/\/+$/, ''),
    apiKey,
    target: env.CONFORMANCE_TARGET || null,
    reference: env.CONFORMANCE_REFERENCE === '1',
  }
}

export async function startDeployment(): Promise<StartedDeployment> {
  const named = readDeployment(process.env)
  if (named) return { deployment: named, stop: async () => {} }
  const engine = await startEngine({ warm: 2, env: { PATH: pathWithMatplotlib() } })
  return {
    deployment: { apiUrl: engine.apiUrl, apiKey: engine.apiKey, target: 'local', reference: false },
    stop: () => engine.stop(),
  }
}

/** The PATH that sandboxes get: the system's Python comes first where it has matplotlib and another one has not. */
function pathWithMatplotlib(): string {
  const own = process.env.PATH ?? ''
  const search = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("matplotlib") is None)'
  const has = (PATH: string) => spawnSync('python3', ['-c', search], { env: { ...process.env, PATH } }).status === 0
  return [own, `/usr/bin:${own}`].find(has) ?? own
}
