/** Links to the ports of a sandbox, and who may follow them. */
import { z } from 'zod'
import { portNumberSchema } from '@/lib/process-api/ports'
import { previewWarningSchema, signedPreviewQuerySchema, signedPreviewUrlSchema } from '@/lib/process-api/previews'
import { previewUrlSchema } from '@/lib/process-api/sandbox'
import { empty, json, type OperationGroup, text } from '../operation'

const port = { schema: portNumberSchema, about: 'The port.' }
const token = { schema: z.string(), about: 'The token.' }

export const linkGroup: OperationGroup = {
  tag: 'Links',
  about: 'Links to the ports and files of a sandbox. Every answer is or tells a secret, and no cache keeps it.',
  params: { id: { schema: z.string().max(256), about: 'Id or name of the sandbox.' }, port, token },
  operations: {
    'GET /api/sandbox/:id/ports/:port/preview-url': {
      id: 'getPreviewUrl',
      summary: 'Address and token of a port',
      about: 'The token opens all of the sandbox until its next start.',
      answers: { 200: json(previewUrlSchema, 'Both.') },
      errors: ['NOT_FOUND', 'BAD_REQUEST'],
    },
    'GET /api/sandbox/:id/ports/:port/signed-preview-url': {
      id: 'getSignedPreviewUrl',
      summary: 'A link for one port and some time',
      about: 'Whoever has it sees that port until its time is over, and nothing else.',
      query: signedPreviewQuerySchema,
      queryNotes: { expiresInSeconds: 'How long it counts.' },
      answers: { 200: json(signedPreviewUrlSchema, 'The link.') },
      errors: ['NOT_FOUND', 'BAD_REQUEST'],
    },
    'POST /api/sandbox/:id/ports/:port/signed-preview-url/:token/expire': {
      id: 'expireSignedPreviewUrl',
      summary: 'Take a link back',
      about: 'It counts no more, and neither do cookies that it brought.',
      answers: { 201: empty('It counts no more.') },
      errors: ['NOT_FOUND', 'BAD_REQUEST'],
    },
    'GET /api/sandbox/:id/signing-key': {
      id: 'getSigningKey',
      summary: 'The key that signs file links',
      about: 'Clients sign links to a download or an upload with it by themselves.',
      answers: { 200: text('The key.') },
      errors: ['NOT_FOUND'],
    },
    'POST /api/sandbox/:id/signing-key/rotate': {
      id: 'rotateSigningKey',
      summary: 'Change the key that signs file links',
      about: 'All links that were signed with the old one count no more.',
      answers: { 201: text('The new key.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/preview/:id/public': {
      id: 'isPreviewPublic',
      summary: 'Whether everybody may see its ports',
      about: 'Answers 404 where not.',
      answers: { 200: json(z.literal(true), 'Yes.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/preview/:id/validate/:token': {
      id: 'validatePreviewToken',
      summary: 'Whether a token counts',
      about: 'Answers 404 where it does not.',
      answers: { 200: json(z.literal(true), 'Yes.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/preview/:id/access': {
      id: 'hasPreviewAccess',
      summary: 'Whether the one who asks may see its ports',
      about: 'Whoever has the key may, where the sandbox exists.',
      answers: { 200: json(z.literal(true), 'Yes.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/preview/:id/signing-key': {
      id: 'getPreviewSigningKey',
      summary: 'The key that signs file links, for a proxy',
      about: 'The same as `getSigningKey`.',
      answers: { 200: text('The key.') },
      errors: ['NOT_FOUND'],
    },
    'GET /api/preview/:id/preview-warning': {
      id: 'getPreviewWarning',
      summary: 'Whether a page warns before a preview',
      about: 'No page does here.',
      query: z.object({ port: portNumberSchema.optional() }),
      queryNotes: { port: 'With it, the id in the path is a signed token.' },
      answers: { 200: json(previewWarningSchema, 'No.') },
      errors: ['NOT_FOUND', 'BAD_REQUEST', 'FORBIDDEN'],
    },
    'GET /api/preview/:token/:port/sandbox-id': {
      id: 'getSandboxOfSignedPreview',
      summary: 'The sandbox of a signed token',
      about: 'Answers 403 for a token that does not count, or not any more.',
      answers: { 200: text('The id.') },
      errors: ['BAD_REQUEST', 'FORBIDDEN'],
    },
  },
}
