import type { ServerResponse } from 'node:http'

/** The log of a build that never was, in the form in which clients stream it: at its end at once. */
export function sendBuildLogs(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  response.end('Nothing was built: every sandbox of this engine sees the system of this machine.\n')
}
