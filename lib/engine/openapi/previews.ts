/** What is found on the host names of previews. */
import { bytes, type OperationGroup } from './operation'

export const previewGroups: readonly OperationGroup[] = [
  {
    tag: 'Previews',
    about: 'Every TCP port of a sandbox has an address of its own below a host name of the engine.',
    params: {},
    operations: {
      'ANY /*': {
        id: 'openPreview',
        summary: 'Ask the program behind a port',
        about:
          'Passed on to what listens on the port: any method, any path, streams and upgrades. Port 2280 is the toolbox itself. A sandbox that is `public` needs no credential for this, apart from ports 2280, 22222 and 33333; a signed link is its own credential. A browser that brings a token in the address is led to the same address without it and gets a cookie.',
        answers: {
          200: bytes('Whatever the program answers.', '*/*'),
          303: { about: 'To the same address without the token, for a browser that opens a page.' },
        },
        errors: ['BAD_REQUEST'],
        tunnel: true,
      },
    },
  },
]
