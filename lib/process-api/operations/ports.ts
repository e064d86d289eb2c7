/** Ports of a sandbox, and the proxy to the programs that listen on them. */
import { portInUseSchema, portListenersSchema, portListSchema, portNumberSchema, portToCheckSchema } from '../ports'
import { type Area, bytes, json, operationsOf, parameter } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Ports',
  description: 'The TCP ports on which programs of a sandbox listen, and a proxy to each that needs no network.',
} as const satisfies Area

const proxied = {
  method: 'ANY',
  params: {
    port: parameter(portNumberSchema, 'Port of the program.', { invalid: 'port must be a number from 1 to 65535' }),
  },
  errors: ['BAD_REQUEST', 'FORBIDDEN'],
  tunnel: true,
} as const

export const portOperations = operationsOf(area, {
  listPorts: {
    method: 'GET',
    path: '/port',
    summary: 'List listening ports',
    description: 'Returns the TCP ports on which programs of the sandbox listen, IPv4 and IPv6, in ascending order.',
    responses: { 200: json(portListSchema, 'The ports.') },
  },
  listListeners: {
    method: 'GET',
    path: '/port/listeners',
    summary: 'List listening ports with their processes',
    description: 'Returns the ports of `listPorts`, each with its addresses and the process that listens.',
    extension: true,
    responses: { 200: json(portListenersSchema, 'The listeners.') },
  },
  isPortInUse: {
    method: 'GET',
    path: '/port/:port/in-use',
    summary: 'Check whether a port is in use',
    description: 'Returns true if no other program could listen on the port.',
    params: {
      port: parameter(portToCheckSchema, 'The port.', { invalid: 'port must be a number from 3000 to 9999' }),
    },
    responses: { 200: json(portInUseSchema, 'Whether the port is in use.') },
    errors: ['BAD_REQUEST'],
  },
  openPort: {
    ...proxied,
    path: '/proxy/:port',
    summary: 'Open the root page of a port',
    description: 'Redirects to the same address with a trailing slash, so that relative links of the page work.',
    responses: {
      301: { description: 'To the address with a slash, for `GET` and `HEAD`.' },
      307: { description: 'The same for other methods, which keep their body.' },
    },
  },
  proxyToPort: {
    ...proxied,
    path: '/proxy/:port/*',
    summary: 'Send a request to a port',
    description:
      'Forwards requests, streams and upgrades to the program that listens on the port. Keys and tokens are removed. Previews do the same under a host name of their own, to which browsers that open a page here are redirected (307).',
    responses: { 200: bytes('The response of the program.', '*/*') },
  },
})
