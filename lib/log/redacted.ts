/** What must never appear in a log. */

/** Fields of logged objects, at the top and one level below. */
const fields = [
  'apiKey',
  'authorization',
  'cookie',
  'env',
  'envs',
  'password',
  'secret',
  'set-cookie',
  'signInUrl',
  'token',
]

export const redactedPaths = fields.flatMap((name) => [`["${name}"]`, `*["${name}"]`])

/** Credentials in texts such as addresses and error messages: the name is kept, the value removed. */
const credentials = /\b(token|DAYTONA_SANDBOX_AUTH_KEY|Bearer)([= ]|%3D)[\w.~+/-]+=*/gi

export function redactText(text: string): string {
  return text.replace(credentials, '$1$2[redacted]')
}
