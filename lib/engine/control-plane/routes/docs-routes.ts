/** The API reference, as a document and as a page. Both contain nothing of this machine, so they need no credential. */
import { readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import path from 'node:path'
import { engineOperations } from '@/lib/process-api/operations/engine'
import type { Routes } from '../../http/router'
import { type ApiDocument, apiDocument } from '../../openapi/document'
import { escapeHtml } from '../../openapi/page/html'
import { docsPage, originMark, type Page } from '../../openapi/page/page'
import { publicOrigin } from '../access/public-address'

export interface DocsOptions {
  /** Host and port for requests that name none. */
  readonly authority: string
  /** Where the built style and script of the page are. */
  readonly docsDir: string
}

export function registerDocs(routes: Routes, options: DocsOptions): void {
  // Created on first use, because most engines never serve them.
  let document: ApiDocument | null = null
  let page: Page | null = null
  const theDocument = () => {
    document ??= apiDocument()
    return document
  }

  routes.on(engineOperations.getApiDocument, ({ response }) => {
    send(response, 'application/json', JSON.stringify(theDocument()))
  })

  routes.on(engineOperations.getDocs, ({ request, response }) => {
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
