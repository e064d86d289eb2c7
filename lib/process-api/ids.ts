/** Ids that arrive from outside. They are checked here before they touch a path, a shell or a socket name. */
import { z } from 'zod'
import { idPattern } from './id-pattern'

/**
 * An id that a deployment made. Deployments differ, so this only excludes what would be unsafe in a URL, a path or a
 * header; whether it exists is for the deployment to say.
 */
const deploymentIdSchema = z
  .string()
  .regex(idPattern, 'an id has 1 to 128 characters out of letters, digits and . _ ~ : @ + -')

/** The id of a sandbox of any deployment. */
export const sandboxIdSchema = deploymentIdSchema

/** The ids of this engine's own sandboxes. */
export const engineSandboxIdSchema = z.uuid()

/** A sandbox may be addressed by id or by name; names are as strict as ids so that both are safe in a URL. */
export const sandboxNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'a sandbox name has 1 to 128 letters, digits, dots, hyphens or underscores and starts with a letter or digit',
  )

/**
 * Session ids are chosen by clients, which put them into WebSocket URLs unencoded, so only characters that survive
 * there are accepted. They never become a file name: the engine stores a session under a name of its own.
 */
export const sessionIdSchema = z
  .string()
  .regex(idPattern, 'a session id has 1 to 128 characters out of letters, digits and . _ ~ : @ + -')

/** Ids of commands, runs and contexts of any deployment. This engine's are UUIDs, `entrypoint_command` and `default`. */
export const commandIdSchema = deploymentIdSchema
export const runIdSchema = deploymentIdSchema
export const contextIdSchema = deploymentIdSchema
