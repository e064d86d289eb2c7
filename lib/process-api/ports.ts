/** Wire schemas of the port routes (2.7): which TCP ports of a sandbox listen. */
import { z } from 'zod'
import { processOwnerSchema } from './process-tree'

/** As a path parameter. */
export const portNumberSchema = z.coerce.number().int().min(1).max(65_535)

/** Response of `GET /port`: the sandbox's own listening ports, IPv4 and IPv6, in ascending order. */
export const portListSchema = z.object({ ports: z.array(z.number().int()) })
export type PortList = z.infer<typeof portListSchema>

/** `GET /port/{port}/in-use` accepts only these. */
export const portToCheckSchema = z.coerce.number().int().min(3000).max(9999)

/** True if no other program could listen on the port. */
export const portInUseSchema = z.object({ isInUse: z.boolean() })
export type PortInUse = z.infer<typeof portInUseSchema>

/** A listening port with the process that listens (capability `listeners`). */
export const portListenerSchema = z.object({
  port: z.number().int(),
  /** Addresses that it is bound to, such as `0.0.0.0` and `::1`. */
  addresses: z.array(z.string()),
  /** The oldest process that has the socket open; null if none was found. */
  process: z
    .object({
      pid: z.number().int(),
      startTicks: z.number().int(),
      name: z.string(),
      /** As in the process tree. */
      argv: z.array(z.string()),
      argvCut: z.boolean(),
      owner: processOwnerSchema.nullable(),
    })
    .nullable(),
})
export type PortListener = z.infer<typeof portListenerSchema>

/** Response of `GET /port/listeners`: all listening ports in ascending order. */
export const portListenersSchema = z.object({ listeners: z.array(portListenerSchema) })
