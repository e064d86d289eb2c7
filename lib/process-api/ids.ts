/** Ids that arrive from outside. They are checked here before they touch a path, a shell or a socket name. */
import { z } from 'zod'

/** Sandbox ids are UUIDs made by the engine. */
export const sandboxIdSchema = z.uuid()

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
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._~:@+-]{1,128}$/,
    'a session id has 1 to 128 characters out of letters, digits and . _ ~ : @ + -',
  )

/** Command and run ids are UUIDs made by the toolbox (`entrypoint_command` is the one reserved exception). */
export const commandIdSchema = z.union([z.uuid(), z.literal('entrypoint_command')])
export const runIdSchema = z.uuid()

/** Contexts have UUIDs made by the toolbox; `default` is there from the start. */
export const contextIdSchema = z.union([z.uuid(), z.literal('default')])
