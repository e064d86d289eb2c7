import { searchContents } from '@/lib/reads/file-search'
import { readRoute } from '@/lib/reads/read-route'

/** Lines of files below a folder that contain a text. */
export const GET = readRoute('file.search', ['sandboxId'], ({ ids, ...reading }) =>
  searchContents({ ...ids, ...reading }),
)
