/** Cross-origin rules of the engine. As in the reference, any origin may send requests: access needs a key or a token. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Allow an origin to read the response.
 * @param credentials the page may send cookies too. Below `/toolbox/` cookies grant nothing; those of a previewed program
 *   are for pages of the same sandbox, unless the program itself decides otherwise
 */
export function allowOrigin(response: ServerResponse, origin: string, credentials: boolean): void {
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Vary', 'Origin')
  if (credentials) response.setHeader('Access-Control-Allow-Credentials', 'true')
}

export function isPreflight({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}

export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const requested = request.headers['access-control-request-headers']
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS',
    'Access-Control-Max-Age': '600',
    ...(requested ? { 'Access-Control-Allow-Headers': requested } : {}),
  })
  response.end()
}
