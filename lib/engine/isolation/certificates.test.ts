import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findCertificates } from './certificates'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-certificates-'))
  writeFileSync(path.join(folder, 'company.pem'), 'public')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const environment = (values: Record<string, string>) => values as NodeJS.ProcessEnv

test('a path that is visible anyway is unchanged', () => {
  const file = path.join(folder, 'company.pem')
  expect(findCertificates([folder], environment({ SSL_CERT_FILE: file }))).toEqual({
    env: { SSL_CERT_FILE: file },
    binds: [],
  })
})

test('any other path is mounted under its own target, once', () => {
  const file = path.join(folder, 'company.pem')
  const target = '/etc/sandglass-certificates/0-company.pem'
  expect(findCertificates(['/usr'], environment({ SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: file }))).toEqual({
    env: { SSL_CERT_FILE: target, NODE_EXTRA_CA_CERTS: target },
    binds: [[file, target]],
  })
})

test('a link to a file that is not visible is mounted itself', () => {
  const link = path.join(folder, 'link.pem')
  symlinkSync(path.join(folder, 'company.pem'), link)
  const { binds } = findCertificates([link], environment({ SSL_CERT_FILE: link }))
  expect(binds).toHaveLength(1)
})

test('missing files, relative paths and other variables are left out', () => {
  expect(
    findCertificates([], environment({ SSL_CERT_FILE: '/nothing.pem', PIP_CERT: 'a.pem', SECRET: '/etc/passwd' })),
  ).toEqual({ env: {}, binds: [] })
})
