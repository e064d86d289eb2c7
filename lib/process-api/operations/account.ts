/** The one user of an engine, with one organization, key and region: what clients ask before anything else. */
import { z } from 'zod'
import { apiKeySchema, organizationSchema, organizationUserSchema, regionSchema, userSchema } from '../account'
import { type Area, json, operationsOf, parameter } from './operation'
import { refusals } from './refusals'

const area = {
  api: 'control-plane',
  tag: 'Account',
  description: 'An engine has one user, one organization, one key and one region. They cannot be changed over the API.',
} as const satisfies Area

const id = (what: string) => ({ id: parameter(z.string(), `Id of the ${what}.`) })
const organization = '/api/organizations/:id'
const unsupported = { refusal: { code: 'UNPROCESSABLE_ENTITY', message: refusals.accounts }, responses: {} } as const

export const accountOperations = operationsOf(area, {
  getUser: {
    method: 'GET',
    path: '/api/users/me',
    summary: 'Get the user of the key',
    description: 'Every key holder is the one user of this engine, who has no address.',
    responses: { 200: json(userSchema, 'The user.') },
  },
  listOrganizations: {
    method: 'GET',
    path: '/api/organizations',
    summary: 'List organizations',
    description: 'Returns the only one. Its limits are those of the engine.',
    responses: { 200: json(z.array(organizationSchema), 'The organization.') },
  },
  getOrganization: {
    method: 'GET',
    path: organization,
    summary: 'Get an organization',
    description: 'Returns the only one, with the limits of the engine.',
    params: id('organization'),
    responses: { 200: json(organizationSchema, 'The organization.') },
    errors: ['NOT_FOUND'],
  },
  listOrganizationUsers: {
    method: 'GET',
    path: `${organization}/users`,
    summary: 'List the users of an organization',
    description: 'Returns the only one, who is the owner.',
    params: id('organization'),
    responses: { 200: json(z.array(organizationUserSchema), 'The user.') },
    errors: ['NOT_FOUND'],
  },
  listOrganizationRoles: {
    method: 'GET',
    path: `${organization}/roles`,
    summary: 'List the roles of an organization',
    description: 'Always returns an empty list.',
    params: id('organization'),
    responses: { 200: json(z.array(z.unknown()), 'An empty list.') },
    errors: ['NOT_FOUND'],
  },
  listOrganizationInvitations: {
    method: 'GET',
    path: `${organization}/invitations`,
    summary: 'List the invitations of an organization',
    description: 'Always returns an empty list.',
    params: id('organization'),
    responses: { 200: json(z.array(z.unknown()), 'An empty list.') },
    errors: ['NOT_FOUND'],
  },
  listInvitations: {
    method: 'GET',
    path: '/api/organizations/invitations',
    summary: 'List your invitations',
    description: 'Always returns an empty list.',
    responses: { 200: json(z.array(z.unknown()), 'An empty list.') },
  },
  countInvitations: {
    method: 'GET',
    path: '/api/organizations/invitations/count',
    summary: 'Count your invitations',
    description: 'Always returns 0.',
    responses: { 200: json(z.number(), 'Zero.') },
  },
  createOrganization: {
    ...unsupported,
    method: 'POST',
    path: '/api/organizations',
    summary: 'Create an organization',
    description: 'This engine has only one.',
  },
  listApiKeys: {
    method: 'GET',
    path: '/api/api-keys',
    summary: 'List keys',
    description: 'Returns the only one, masked.',
    responses: { 200: json(z.array(apiKeySchema), 'The key.') },
  },
  getCurrentApiKey: {
    method: 'GET',
    path: '/api/api-keys/current',
    summary: 'Get the key of this request',
    description: 'Masked. Its last use is not recorded.',
    responses: { 200: json(apiKeySchema, 'The key.') },
  },
  createApiKey: {
    ...unsupported,
    method: 'POST',
    path: '/api/api-keys',
    summary: 'Create a key',
    description: 'This engine has one key, in its data directory.',
  },
  deleteApiKey: {
    ...unsupported,
    method: 'DELETE',
    path: '/api/api-keys/:name',
    summary: 'Delete a key',
    description: 'This engine has one key, in its data directory.',
    params: { name: parameter(z.string(), 'Name of the key.') },
  },
  listRegions: {
    method: 'GET',
    path: '/api/regions',
    summary: 'List regions',
    description: 'Returns the only one: this machine.',
    responses: { 200: json(z.array(regionSchema), 'The region.') },
  },
  listSharedRegions: {
    method: 'GET',
    path: '/api/shared-regions',
    summary: 'List shared regions',
    description: 'The same as `listRegions`.',
    responses: { 200: json(z.array(regionSchema), 'The region.') },
  },
  getRegion: {
    method: 'GET',
    path: '/api/regions/:id',
    summary: 'Get a region',
    description: 'Returns the only one: this machine.',
    params: id('region'),
    responses: { 200: json(regionSchema, 'The region.') },
    errors: ['NOT_FOUND'],
  },
})
