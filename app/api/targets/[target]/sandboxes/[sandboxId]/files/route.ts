import { fileOperations } from '@/lib/process-api/operations/files'
import { pathQuerySchema } from '@/lib/reads/file-search'
import { parse, readRoute } from '@/lib/reads/read-route'

/** The entries of a folder. */
export const GET = readRoute('file.list', ['sandboxId'], ({ client, ids, query, signal }) => {
  const { path } = parse(pathQuerySchema, Object.fromEntries(query))
  return client.call(fileOperations.listFiles, { ...ids, query: { path, links: 'true' } }, { signal })
})
