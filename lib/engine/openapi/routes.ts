/**
 * `GET /openapi.json` and `GET /docs`. Both say nothing of what is on this machine, so nobody has to show a key; a
 * foreign host name was refused before.
 */
import type { ServerResponse } from 'node:http'
import type { Routes } from '../toolbox/http/router'
import { apiDocument } from './document'

export function registerDocs(routes: Routes): void {
  let document: Buffer | null = null
  routes.route('GET', '/openapi.json', ({ response }) => {
    document ??= Buffer.from(JSON.stringify(apiDocument()))
    send(response, 'application/json; charset=utf-8', document)
  })
}

function send(response: ServerResponse, type: string, body: Buffer): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}
