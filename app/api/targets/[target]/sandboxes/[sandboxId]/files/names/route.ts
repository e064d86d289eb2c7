import { searchNames } from '@/lib/reads/file-search'
import { readRoute } from '@/lib/reads/read-route'

/** Files and folders below a folder whose names contain a text or match a pattern. */
export const GET = readRoute('file.list', ['sandboxId'], ({ ids, ...reading }) => searchNames({ ...ids, ...reading }))
