/** HTML error pages of previews, for people in a browser. Other clients get the JSON envelope. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, type ErrorSource } from '@/lib/process-api/errors'
import { previewTokenQuery } from '@/lib/process-api/previews'
import { sendError } from './reply'

const titles: Record<number, string> = {
  401: 'This preview is private',
  404: 'Preview not found',
  409: 'This sandbox is not running',
  502: 'Nothing to show on this port',
  503: 'This sandbox is not ready',
}

/** Send an error: as a page if the client accepts HTML, else as the envelope. */
export function sendErrorPage(
  response: ServerResponse,
  error: unknown,
  request: IncomingMessage,
  source: ErrorSource,
): void {
  const [path = '/'] = (request.url ?? '/').split('?')
  const canShow = error instanceof ApiError && readsPages(request) && !response.headersSent && !response.destroyed
  if (!canShow) {
    sendError(response, error, { method: request.method ?? 'GET', path }, source)
    return
  }
  const page = Buffer.from(pageFor(error))
  response.writeHead(error.status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': page.length,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors *",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  response.end(page)
}

function readsPages({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && /(^|[\s,])text\/html\b/i.test(headers.accept ?? '')
}

function pageFor(error: ApiError): string {
  const title = titles[error.status] ?? 'This preview cannot be shown'
  const body =
    error.status === 401
      ? `<p>Open it with a link that was shared with you, or enter the preview token of this sandbox.</p>
<p class="detail">${escaped(error.message)}</p>
<form method="get">
<label for="token">Preview token</label>
<input id="token" name="${previewTokenQuery}" type="password" autocomplete="off" required>
<button type="submit">Open the preview</button>
</form>`
      : `<p>${escaped(sentence(error.message))}</p>
<p><a href="">Try again</a></p>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 32rem; margin: 15vh auto 0; padding: 0 1rem }
h1 { font-size: 1.25rem }
.detail { opacity: .8; font-size: .875rem }
label { display: block; margin-top: 1.5rem }
input, button { font: inherit; padding: .4rem .6rem; box-sizing: border-box; max-width: 100% }
input { width: 100%; margin: .25rem 0 .75rem }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
