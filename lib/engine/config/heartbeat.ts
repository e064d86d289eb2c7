/** Path of the upgrade to a connection whose bytes the toolbox echoes. Clients cannot reach it. */
export const heartbeatPath = '/internal/heartbeat'
