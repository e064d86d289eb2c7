/** A web server with a password around git's own HTTP back end. Paths below /away/ are redirected to another host. */
import { spawn } from 'node:child_process'
import http from 'node:http'

const [port, user, password, root] = process.argv.slice(2)
const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
http
  .createServer((request, response) => {
    const url = new URL(request.url, 'http://x')
    if (url.pathname.startsWith('/away/')) {
      response.writeHead(302, { location: `http://127.0.0.2:${port}${request.url.slice(5)}` }).end()
      return
    }
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm=x' }).end()
      return
    }
    if (url.pathname.startsWith('/forbidden/')) {
      response.writeHead(403).end()
      return
    }
    const child = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        REMOTE_USER: user,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
      },
    })
    request.pipe(child.stdin)
    let head = Buffer.alloc(0),
      isBody = false
    child.stdout.on('data', (chunk) => {
      if (isBody) return void response.write(chunk)
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      isBody = true
      let status = 200
      for (const line of head.subarray(0, end).toString().split('\r\n')) {
        const [name, value] = line.split(': ')
        if (name === 'Status') status = parseInt(value, 10)
        else response.setHeader(name, value)
      }
      response.writeHead(status)
      response.write(head.subarray(end + 4))
    })
    child.on('close', () => response.end())
  })
  .listen(port, '0.0.0.0', () => console.log('listening'))
