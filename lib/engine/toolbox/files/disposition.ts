/** `Content-Disposition` parameters for arbitrary file names. */

/**
 * Parameters `filename="…"; filename*=utf-8''…`. The first is for old clients: characters other than printable Latin-1
 * become underscores. The second has the exact name.
 */
export function fileNameParameters(name: string): string {
  const fallback = name.replace(/[^\x20-\x7e\xa0-\xff]/gu, '_').replace(/["\\]/g, '\\$&')
  return `filename="${fallback}"; filename*=utf-8''${encodeName(name)}`
}

/** Percent-encode everything but RFC 5987's attr-char. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
