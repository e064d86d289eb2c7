/**
 * `GET /openapi.json` and `GET /docs`. Both say nothing of what is on this machine, so nobody has to show a key; a
 * foreign host name was refused before.
 */
import { readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import path from 'node:path'
import { publicOrigin } from '../control-plane/access/public-address'
import type { Routes } from '../http/router'
import { type ApiDocument, apiDocument } from './document'
import { escapeHtml } from './page/html'
import { docsPage, originMark, type Page } from './page/page'

export interface DocsOptions {
  /** Host and port for requests that name none. */
  readonly authority: string
  /** Where the built style and script of the page are. */
  readonly docsDir: string
}

export function registerDocs(routes: Routes, options: DocsOptions): void {
  // Made at the first use: most engines are never asked for them.
  let document: ApiDocument | null = null
  let page: Page | null = null
  const theDocument = () => {
    document ??= apiDocument()
    return document
  }

  routes.route('GET', '/openapi.json', ({ response }) => {
    send(response, 'application/json', JSON.stringify(theDocument()))
  })

  routes.route('GET', '/docs', ({ request, response }) => {
    page ??= docsPage(theDocument(), {
      style: readFileSync(path.join(options.docsDir, 'docs.css'), 'utf8'),
      script: readFileSync(path.join(options.docsDir, 'docs.js'), 'utf8'),
    })
    const origin = escapeHtml(publicOrigin(request, options.authority))
    send(
      response,
      'text/html',
      page.html.replace(originMark, () => origin),
      {
        'content-security-policy': page.contentSecurityPolicy,
        'referrer-policy': 'no-referrer',
        vary: 'host',
      },
    )
  })
}

function send(response: ServerResponse, type: string, text: string, headers: OutgoingHttpHeaders = {}): void {
  const body = Buffer.from(text)
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': body.length,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(body)
}
