/**
 * Scripts and styles of the pages, which the build compressed with Brotli. Their names change with their content, so
 * browsers store them for good.
 */
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'

const prefix = '/_next/static/'
const types: Record<string, string> = {
  '.js': 'application/javascript; charset=UTF-8',
  '.css': 'text/css; charset=UTF-8',
}

export class PrecompressedFiles {
  /** Only these paths are served, so no path of a request is ever resolved. */
  private readonly files = new Map<string, string>()

  /** @param folder the folder that is served as `/_next/static`; may be missing */
  constructor(folder: string) {
    let names: string[] = []
    try {
      names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    } catch {
      // A development server compiles its pages on demand.
    }
    for (const name of names) {
      if (!name.endsWith('.br')) continue
      this.files.set(prefix + name.slice(0, -3).split(path.sep).join('/'), path.join(folder, name))
    }
  }

  /** Responds if the client accepts Brotli and the file exists; returns false if it did not respond. */
  async respond(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const { pathname } = new URL(request.url ?? '/', 'http://console.invalid')
    const file = this.files.get(pathname)
    if (file === undefined || !acceptsBrotli(request.headers['accept-encoding'])) return false
    let content: Buffer
    try {
      content = await readFile(file)
    } catch {
      return false
    }
    response.writeHead(200, {
      'content-type': types[path.extname(pathname)],
      'content-encoding': 'br',
      'content-length': content.length,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    })
    response.end(request.method === 'HEAD' ? undefined : content)
    return true
  }
}

function acceptsBrotli(header: string | string[] | undefined): boolean {
  return /(^|,)\s*br\s*(;\s*q=(1|0\.\d*[1-9])[^,]*)?\s*(,|$)/i.test(String(header ?? ''))
}
