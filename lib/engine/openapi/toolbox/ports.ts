/** The ports of a sandbox. */
import { askedPortSchema, portInUseSchema, portListSchema, portNumberSchema } from '@/lib/process-api/ports'
import { bytes, json, type Operation, type OperationGroup } from '../operation'

const pass: Omit<Operation, 'id' | 'summary' | 'about'> = {
  params: { port: { schema: portNumberSchema, about: 'The port of the program.' } },
  answers: { 200: bytes('Whatever the program answers.', '*/*') },
  errors: ['BAD_REQUEST', 'FORBIDDEN'],
  tunnel: true,
}

export const portGroup: OperationGroup = {
  tag: 'Ports',
  about: 'Which TCP ports listen in a sandbox, and a way to each that needs no network.',
  params: {},
  operations: {
    'GET /port': {
      id: 'listPorts',
      summary: 'Ports that listen',
      about: 'The sandbox’s own listening TCP ports, IPv4 and IPv6, in ascending order.',
      answers: { 200: json(portListSchema, 'The ports.') },
    },
    'GET /port/:port/in-use': {
      id: 'isPortInUse',
      summary: 'Whether a port is taken',
      about: 'True where no other program could listen on the port now.',
      params: { port: { schema: askedPortSchema, about: 'The port.' } },
      answers: { 200: json(portInUseSchema, 'Whether it is taken.') },
      errors: ['BAD_REQUEST'],
    },
    'ANY /proxy/:port': {
      ...pass,
      id: 'openPort',
      summary: 'The start page behind a port',
      about: 'Leads to the same address with a slash behind it, so that the links of a page go where they should.',
      answers: {
        301: { about: 'To the address with a slash, for `GET` and `HEAD`.' },
        307: { about: 'The same for other methods, which keep their body.' },
      },
    },
    'ANY /proxy/:port/*': {
      ...pass,
      id: 'askPort',
      summary: 'Ask the program behind a port',
      about:
        'Passed on to what listens on the port, streams and upgrades as well. The program sees neither the key nor a token. Previews do the same with a host name of their own; a browser that goes to a page here is led there (307).',
    },
  },
}
