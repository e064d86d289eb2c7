/** Links to the ports and files of a sandbox, and what the address of a preview serves. */
import { z } from 'zod'
import { portNumberSchema } from '../ports'
import { previewWarningSchema, signedPreviewQuerySchema, signedPreviewUrlSchema } from '../previews'
import { previewUrlSchema } from '../sandbox'
import { type Area, bytes, empty, json, operationsOf, parameter, text } from './operation'
import { sandboxParams } from './sandboxes'

const links = {
  api: 'control-plane',
  tag: 'Links',
  description: 'Links to the ports and files of a sandbox. Responses contain secrets and are never cached.',
} as const satisfies Area

const port = parameter(portNumberSchema, 'The port.', { invalid: 'Invalid port' })
const token = parameter(z.string(), 'The token.')
const params = sandboxParams
const ofPort = { ...params, port }

export const linkOperations = operationsOf(links, {
  getPreviewUrl: {
    method: 'GET',
    path: '/api/sandbox/:id/ports/:port/preview-url',
    summary: 'Get the address and token of a port',
    description:
      'The token gives access to the whole sandbox until its next start. A client on this machine gets a loopback address, others a name.',
    params: ofPort,
    responses: { 200: json(previewUrlSchema, 'Address and token.') },
    errors: ['NOT_FOUND', 'BAD_REQUEST'],
  },
  getSignedPreviewUrl: {
    method: 'GET',
    path: '/api/sandbox/:id/ports/:port/signed-preview-url',
    summary: 'Create a signed link to a port',
    description: 'The link gives access to this port only, until it expires.',
    params: ofPort,
    query: {
      expiresInSeconds: parameter(signedPreviewQuerySchema.shape.expiresInSeconds, 'Seconds until the link expires.', {
        invalid: 'expiresInSeconds must be between 1 second and 24 hours',
      }),
      form: parameter(
        signedPreviewQuerySchema.shape.form,
        '`name` gives the link a host name and not an address, for a page in a frame: frames of other sites get no cookies.',
        { invalid: 'form must be name' },
      ),
    },
    responses: { 200: json(signedPreviewUrlSchema, 'The link.') },
    errors: ['NOT_FOUND', 'BAD_REQUEST'],
  },
  expireSignedPreviewUrl: {
    method: 'POST',
    path: '/api/sandbox/:id/ports/:port/signed-preview-url/:token/expire',
    summary: 'Revoke a signed link',
    description: 'The link and the cookies that it has set become invalid.',
    params: { ...ofPort, token },
    responses: { 201: empty('The link was revoked.') },
    errors: ['NOT_FOUND', 'BAD_REQUEST'],
  },
  getSigningKey: {
    method: 'GET',
    path: '/api/sandbox/:id/signing-key',
    summary: 'Get the signing key for file links',
    description: 'With this key clients sign links to downloads and uploads.',
    params,
    responses: { 200: text('The key.') },
    errors: ['NOT_FOUND'],
  },
  rotateSigningKey: {
    method: 'POST',
    path: '/api/sandbox/:id/signing-key/rotate',
    summary: 'Replace the signing key for file links',
    description: 'Links that were signed with the old key become invalid.',
    params,
    responses: { 201: text('The new key.') },
    errors: ['NOT_FOUND'],
  },
  isPreviewPublic: {
    method: 'GET',
    path: '/api/preview/:id/public',
    summary: 'Check whether the ports of a sandbox are public',
    description: 'Returns 404 if they are not.',
    params,
    responses: { 200: json(z.literal(true), 'The ports are public.') },
    errors: ['NOT_FOUND'],
  },
  validatePreviewToken: {
    method: 'GET',
    path: '/api/preview/:id/validate/:token',
    summary: 'Check whether a preview token is valid',
    description: 'Returns 404 if it is not.',
    params: { ...params, token },
    responses: { 200: json(z.literal(true), 'The token is valid.') },
    errors: ['NOT_FOUND'],
  },
  hasPreviewAccess: {
    method: 'GET',
    path: '/api/preview/:id/access',
    summary: 'Check whether the caller may access the ports of a sandbox',
    description: 'Every caller with the key may, if the sandbox exists.',
    params,
    responses: { 200: json(z.literal(true), 'The caller has access.') },
    errors: ['NOT_FOUND'],
  },
  getPreviewSigningKey: {
    method: 'GET',
    path: '/api/preview/:id/signing-key',
    summary: 'Get the signing key for file links, for a proxy',
    description: 'The same as `getSigningKey`.',
    params,
    responses: { 200: text('The key.') },
    errors: ['NOT_FOUND'],
  },
  getPreviewWarning: {
    method: 'GET',
    path: '/api/preview/:id/preview-warning',
    summary: 'Check whether previews show a warning page first',
    description: 'This engine has no such page.',
    params,
    query: {
      port: parameter(portNumberSchema.optional(), 'If present, the id in the path is a signed token.', {
        invalid: 'Invalid port',
      }),
    },
    responses: { 200: json(previewWarningSchema, '`enabled` is false.') },
    errors: ['NOT_FOUND', 'BAD_REQUEST', 'FORBIDDEN'],
  },
  getSandboxOfSignedPreview: {
    method: 'GET',
    path: '/api/preview/:token/:port/sandbox-id',
    summary: 'Get the sandbox of a signed token',
    description: 'Returns 403 if the token is not valid.',
    params: { token, port },
    responses: { 200: text('Id of the sandbox.') },
    errors: ['BAD_REQUEST', 'FORBIDDEN'],
  },
})

const previews = {
  api: 'preview',
  tag: 'Previews',
  description:
    'Every TCP port of a sandbox has its own origin: a loopback address, and a name below a host name of the engine.',
} as const satisfies Area

/** The proxy of the control plane serves it. */
export const previewOperations = operationsOf(previews, {
  openPreview: {
    method: 'ANY',
    path: '/*',
    summary: 'Send a request to a port',
    description:
      'Forwards any method, path, stream or upgrade to the program that listens on the port. Port 2280 is the toolbox itself. The ports of a `public` sandbox need no credential, except 2280, 22222 and 33333, and a signed link is its own credential. A browser whose address contains a token is redirected to the address without it and gets a cookie.',
    responses: {
      200: bytes('The response of the program.', '*/*'),
      303: { description: 'To the same address without the token, for a browser that opens a page.' },
    },
    errors: ['BAD_REQUEST'],
    tunnel: true,
  },
})
