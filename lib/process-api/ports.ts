/** Wire schemas of the port routes (2.7): which TCP ports of a sandbox listen. */
import { z } from 'zod'

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
