/**
 * The document of the frames that show HTML of a sandbox. Its policy gives it an opaque origin and no network, so that
 * scripts in the HTML reach neither the console nor anything else. The page sends the HTML; the frame reports its height.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

const path = '/frames/html'

const policy = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'media-src data: blob:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>HTML result</title><style>
html { color-scheme: light dark; }
body { margin: 0; padding: 8px; font: 13px/20px ui-sans-serif, system-ui, sans-serif; overflow-wrap: anywhere; }
table { border-collapse: collapse; } th, td { padding: 2px 8px; text-align: left; }
</style></head><body><script>
{
  const page = parent
  const report = () => page.postMessage({ height: document.documentElement.offsetHeight }, '*')
  addEventListener('message', (event) => {
    if (event.source !== page) return
    const { html, ink, scheme } = event.data
    document.documentElement.style.colorScheme = scheme === 'system' ? 'light dark' : scheme
    document.body.style.color = ink
    document.body.replaceChildren(document.createRange().createContextualFragment(html))
    report()
  })
  new ResizeObserver(report).observe(document.documentElement)
}
</script></body></html>
`

/** Serves the document of HTML frames; false for any other path. */
export function serveHtmlFrame(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
  if (url.pathname !== path) return false
  response.removeHeader('x-frame-options')
  response.setHeader('content-security-policy', policy)
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.setHeader('cache-control', 'private, max-age=300')
  response.end(request.method === 'HEAD' ? undefined : body)
  return true
}
