// Responds over a Unix socket like a toolbox, and blocks on request: `/compute` keeps its thread busy, `/sleep` makes it
// wait, both for the given time and after the response was sent.
import { createServer } from 'node:http'

const [socketPath] = process.argv.slice(2)
const until = (ms) => performance.now() + ms

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://server')
  const ms = Number(searchParams.get('ms') ?? 0)
  response.end('{}', () => {
    const end = until(ms)
    if (pathname === '/compute') while (performance.now() < end);
    if (pathname === '/sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  })
}).listen(socketPath)
