// A program in a sandbox that clients visit: HTTP and WebSocket at each given address.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

let letGo = () => {}
/** Bytes sent to a client of the flood; 0 without one. */
let flooded = 0

const routes = {
  '/seen': (request, response) => {
    const { method, url, rawHeaders } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, rawHeaders }))
  },
  '/sum': (request, response) => {
    const hash = createHash('sha256')
    let bytes = 0
    request.on('data', (chunk) => {
      hash.update(chunk)
      bytes += chunk.length
    })
    request.on('end', () => response.end(JSON.stringify({ bytes, sha256: hash.digest('hex') })))
  },
  '/slow': (_request, response) => {
    letGo = () => response.end('last')
    response.write('first')
  },
  '/go': (_request, response) => {
    letGo()
    response.end()
  },
  '/flood': async (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024)
    response.once('close', () => {
      flooded = 0
    })
    while (!response.destroyed) {
      flooded += chunk.length
      if (!response.write(chunk)) await Promise.race(['drain', 'close'].map((event) => once(response, event)))
    }
  },
  '/flooded': (_request, response) => response.end(String(flooded)),
  '/redirect': (request, response) => {
    response.writeHead(302, { location: new URL(request.url, 'http://x').searchParams.get('to') })
    response.end()
  },
  '/cookies': (_request, response) => {
    response.setHeader('set-cookie', ['program=1; Domain=localhost; Path=/', 'daytona-sandbox-auth-x=forged'])
    response.end()
  },
  '/own-cors': (_request, response) => {
    response.setHeader('access-control-allow-origin', 'https://only.example')
    response.end()
  },
  '/cut': (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('part', () => response.destroy())
  },
  '/page': (_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(
      '<!doctype html><title>page</title><script src="script.js"></script><img src="/picture.svg"><p>loading',
    )
  },
  '/script.js': (_request, response) => {
    response.setHeader('content-type', 'text/javascript')
    response.end(`
      const line = new WebSocket('ws://' + location.host + '/line')
      line.onopen = () => line.send('from the page')
      line.onmessage = ({ data }) => {
        if (data === 'from the page') document.querySelector('p').textContent = 'all loaded'
      }
    `)
  },
  '/picture.svg': (_request, response) => {
    response.setHeader('content-type', 'image/svg+xml')
    response.end('<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>')
  },
}

for (const [host, port] of JSON.parse(process.argv[2])) {
  const server = createServer((request, response) => {
    const route = routes[request.url.split('?')[0]]
    if (route) route(request, response)
    else response.writeHead(404).end('not here')
  })
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/refuse') socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 10\r\n\r\nno sockets')
    else
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.send(JSON.stringify({ url: request.url, rawHeaders: request.rawHeaders }))
        peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }))
      })
  })
  server.listen(port, host, () => console.log(`listens on ${host} ${port}`))
}
