/** What the measurements of the web bench share. */
import type { Browser, BrowserContext } from '@playwright/test'
import type { Connection } from '../../e2e/support/product'

export interface WebBench {
  readonly connection: Connection
  readonly browser: Browser
  /** Cookies of a signed-in browser. */
  readonly session: Awaited<ReturnType<BrowserContext['storageState']>>
}

export interface WebResult {
  what: string
  measured: string
  target: string
  reached: boolean
  /** All numbers for the JSON file. Durations in ms, sizes in bytes. */
  figures: Record<string, number>
}

/** A row whose single number must not exceed the target. */
export function atMost(what: string, value: number, target: number, unit: string, digits = 0): WebResult {
  return {
    what,
    measured: `${value.toFixed(digits)} ${unit}`.trim(),
    target: `≤ ${target} ${unit}`.trim(),
    reached: value <= target,
    figures: { value },
  }
}

/** Calls the engine's API with its key. */
export async function callEngine<Response>(
  { apiKey }: Connection,
  url: string,
  method: 'GET' | 'POST' = 'GET',
  body?: unknown,
): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return (text === '' ? null : JSON.parse(text)) as Response
}

/** A running sandbox for measurements. */
export async function createSandbox(bench: WebBench): Promise<string> {
  const body = { labels: { 'code-toolbox-language': 'python' } }
  const { id } = await callEngine<{ id: string }>(bench.connection, `${bench.connection.apiUrl}/sandbox`, 'POST', body)
  return id
}
