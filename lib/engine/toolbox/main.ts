/** Entry of the toolbox process: one per sandbox, inside its isolation, HTTP over a Unix socket. */
import { createServer } from 'node:http'
import { takeConfig } from './config'
import { registerFiles } from './files/routes'
import { Router } from './http/router'
import { registerInfo } from './info/routes'
import { listenOn } from './listen'
import { createServices } from './services'

const config = takeConfig(process.env)
const services = createServices(config)
const router = new Router(config.limits.bodyBytes)

registerInfo(router, services)
registerFiles(router, services)

const server = createServer((request, response) => void router.handle(request, response))
server.on('upgrade', (request, socket, head) => void router.upgrade(request, socket, head))
// The proxy in front keeps its connections; a command may take hours to answer.
server.keepAliveTimeout = 70_000
server.headersTimeout = 75_000
server.requestTimeout = 0

await listenOn(server, config.socketPath)
console.error(`toolbox ${process.pid} of sandbox ${config.sandboxId} listens`)
