/** The error envelope as this engine sends it: always with a code of the closed set. */
import { errorCodeSchema, errorEnvelopeSchema, errorSourceSchema } from '@/lib/process-api/errors'
import { type NamedSchema, named } from './named'

export const engineErrorSchema = errorEnvelopeSchema.extend({ code: errorCodeSchema, source: errorSourceSchema })

export const apiErrorSchemas: readonly NamedSchema[] = [
  named('Error', engineErrorSchema, 'Body of every error. Some errors have more fields, such as the output so far.', {
    statusCode: 'HTTP status.',
    message: 'One sentence. In errors of a toolbox, a prefix that belongs to the code precedes it.',
    code: 'Error code, from a closed set.',
    source: 'Which part responded: the toolbox, the control plane, or the proxy between them.',
    timestamp: 'Time of the error, in ISO 8601.',
    path: 'Path of the request, as the responding part received it.',
    method: 'Method of the request.',
  }),
]
