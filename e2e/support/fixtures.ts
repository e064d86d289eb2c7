/** Fixtures of every browser test: a signed-in page, the addresses, and sandboxes that are deleted afterwards. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test as base, expect } from '@playwright/test'
import type { Connection } from './product'

/** A sandbox created through the API, for tests that do not test its creation. */
export interface TestSandbox {
  id: string
  name: string
  /** Calls its toolbox with the key; JSON in and out. Throws for error responses. */
  toolbox<Result = unknown>(method: string, path: string, body?: unknown): Promise<Result>
}

interface Fixtures {
  connection: Connection
  sandbox: TestSandbox
  /** Creates more sandboxes; all are deleted after the test. */
  makeSandbox: (options?: Record<string, unknown>) => Promise<TestSandbox>
}

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: the global setup has not run`)
  return value
}

export const test = base.extend<Fixtures>({
  connection: async ({}, use) => {
    await use(JSON.parse(await readFile(join(required('SANDGLASS_E2E_DATA'), 'connection.json'), 'utf8')))
  },
  baseURL: async ({ connection }, use) => {
    await use(connection.consoleUrl)
  },
  storageState: async ({}, use) => {
    await use(required('SANDGLASS_E2E_STATE'))
  },
  makeSandbox: async ({ connection }, use) => {
    const made: string[] = []
    await use(async (options = {}) => {
      const body = { labels: { 'code-toolbox-language': 'python' }, ...options }
      const dto = await callApi<{ id: string; name: string }>(connection, 'POST', `${connection.apiUrl}/sandbox`, body)
      made.push(dto.id)
      return {
        id: dto.id,
        name: dto.name,
        toolbox: (method, path, content) =>
          callApi(connection, method, `${connection.toolboxUrl}/${dto.id}${path}`, content),
      }
    })
    for (const id of made) await callApi(connection, 'DELETE', `${connection.apiUrl}/sandbox/${id}`).catch(ignoreGone)
  },
  sandbox: async ({ makeSandbox }, use) => {
    await use(await makeSandbox())
  },
})

export { expect }

async function callApi<Result>(connection: Connection, method: string, url: string, body?: unknown): Promise<Result> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${connection.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new ApiResponseError(response.status, `${method} ${url} returned ${response.status}: ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as Result
}

class ApiResponseError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** A test may have deleted its sandbox itself. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof ApiResponseError && error.status === 404)) throw error
}
