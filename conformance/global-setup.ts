/** One deployment for all files of the suite; each makes sandboxes of its own in it. */
import type { TestProject } from 'vitest/node'
import { type Deployment, startDeployment } from './deployment'

declare module 'vitest' {
  interface ProvidedContext {
    deployment: Deployment
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { deployment, stop } = await startDeployment()
  console.log(`conformance: ${deployment.apiUrl}${deployment.reference ? ' (the reference)' : ''}`)
  project.provide('deployment', deployment)
  return stop
}
