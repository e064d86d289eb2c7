/** The error envelope as this engine sends it: always with a code of the closed set. */
import { errorCodeSchema, errorEnvelopeSchema, errorSourceSchema } from '@/lib/process-api/errors'
import { type NamedSchema, named } from './named'

export const engineErrorSchema = errorEnvelopeSchema.extend({ code: errorCodeSchema, source: errorSourceSchema })

export const apiErrorSchemas: readonly NamedSchema[] = [
  named(
    'Error',
    engineErrorSchema,
    'The body of every failure. Some carry more fields, such as the output printed so far.',
    {
      statusCode: 'The HTTP status again.',
      message: 'One plain sentence; those of a toolbox begin with the words that belong to the code.',
      code: 'What went wrong, out of a closed set.',
      source: 'Which part answered: the toolbox, the control plane, or the proxy between them.',
      timestamp: 'When, in ISO 8601.',
      path: 'The path as the part that answered saw it.',
      method: 'The method of the request.',
    },
  ),
]
