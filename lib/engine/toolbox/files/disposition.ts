/** `Content-Disposition` with a file name that survives whatever a file can be called. */

/**
 * Parameters `filename="…"; filename*=utf-8''…`. The first is for clients that know no other: what is not printable
 * Latin-1 is an underscore there. The second has the exact name.
 */
export function fileNameParameters(name: string): string {
  const fallback = name.replace(/[^\x20-\x7e\xa0-\xff]/gu, '_').replace(/["\\]/g, '\\$&')
  return `filename="${fallback}"; filename*=utf-8''${encodeName(name)}`
}

/** RFC 5987's attr-char and nothing else stays as it is. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
