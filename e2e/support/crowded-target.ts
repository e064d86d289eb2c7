/** A target with thousands of stopped sandboxes, which no test machine could run: only its list is answered. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CrowdedTarget {
  apiUrl: string
  close(): Promise<void>
}

export async function startCrowdedTarget(count: number): Promise<CrowdedTarget> {
  const sandboxes = Array.from({ length: count }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    organizationId: 'org',
    name: `job-${index}`,
    user: 'daytona',
    labels: { team: index % 2 === 0 ? 'api' : 'web' },
    public: false,
    networkBlockAll: false,
    target: 'eu',
    cpu: 1,
    gpu: 0,
    memory: 1,
    disk: 3,
    state: 'stopped',
    createdAt: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
    toolboxProxyUrl: 'http://127.0.0.1:9/toolbox',
  }))
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://target')
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (url.pathname !== '/api/sandbox') {
      json(404, { statusCode: 404, message: 'Not found', code: 'NOT_FOUND' })
      return
    }
    const start = Number(url.searchParams.get('cursor') ?? 0)
    const end = start + Number(url.searchParams.get('limit') ?? 100)
    json(200, { items: sandboxes.slice(start, end), nextCursor: end < count ? String(end) : null })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
