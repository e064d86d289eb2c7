import type { ServerResponse } from 'node:http'

/** An empty build log that ends immediately, because clients stream one. */
export function sendBuildLogs(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  response.end("No image was built: sandboxes use this machine's system files.\n")
}
