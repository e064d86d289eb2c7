/** The schemas that have a name in the document, with their descriptions. */
import { apiErrorSchemas } from './schemas/errors'
import { executionSchemas } from './schemas/executions'
import { fileSchemas } from './schemas/files'
import { interpreterSchemas } from './schemas/interpreter'
import type { NamedSchema } from './schemas/named'
import { ptySchemas } from './schemas/pty'
import { sandboxSchemas } from './schemas/sandboxes'
import { sessionSchemas } from './schemas/sessions'

export const namedSchemas: readonly NamedSchema[] = [
  ...sandboxSchemas,
  ...executionSchemas,
  ...sessionSchemas,
  ...ptySchemas,
  ...interpreterSchemas,
  ...fileSchemas,
  ...apiErrorSchemas,
]
