import { ApiError } from '@/lib/process-api/errors'
import { linkOperations } from '@/lib/process-api/operations/previews'
import { readRoute } from '@/lib/reads/read-route'

/** As long as the cookie of a preview. */
const expiresInSeconds = 3_600

/** Redirects to the page of a port, by a signed link. Only the console's own pages can lead here. */
export const GET = readRoute('port.open', ['sandboxId', 'port'], async ({ client, ids, signal, headers }) => {
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') {
    throw new ApiError('FORBIDDEN', 'A preview can only be opened from the console.')
  }
  const call = { id: ids.sandboxId, port: Number(ids.port), query: { expiresInSeconds, form: 'name' } } as const
  const { url } = await client.call(linkOperations.getSignedPreviewUrl, call, { signal })
  if (!/^https?:\/\//.test(url))
    throw new ApiError('BAD_REQUEST', 'The target returned a preview address that is not an HTTP URL.')
  return new Response(null, {
    status: 302,
    headers: { location: url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  })
})
