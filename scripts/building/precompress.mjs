import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { root } from './freshness.mjs'

const compress = promisify(brotliCompress)
/** Compressed at once. Each takes a thread of Node's pool, which has four. */
const concurrency = 4

/** Writes a file compressed with Brotli (`.br`) beside each script and style of the console's pages. */
export async function precompress() {
  const folder = path.join(root, '.next', 'static')
  const names = await readdir(folder, { recursive: true })
  const pending = names.filter((name) => /\.(js|css)$/.test(name))
  const work = async () => {
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const content = await readFile(path.join(folder, name))
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
      await writeFile(path.join(folder, `${name}.br`), await compress(content, { params }))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}
