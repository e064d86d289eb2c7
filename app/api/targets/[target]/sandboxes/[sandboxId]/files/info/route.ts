import { fileOperations } from '@/lib/process-api/operations/files'
import { pathQuerySchema } from '@/lib/reads/file-search'
import { parse, readRoute } from '@/lib/reads/read-route'

/** Size, time and mode of a file or folder. */
export const GET = readRoute('file.list', ['sandboxId'], ({ client, ids, query, signal }) => {
  const { path } = parse(pathQuerySchema, Object.fromEntries(query))
  return client.call(fileOperations.getFileInfo, { ...ids, query: { path, links: 'true' } }, { signal })
})
