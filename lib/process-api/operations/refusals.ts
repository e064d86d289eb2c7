/** What this engine refuses to do, in one sentence each, with the alternative. Handlers and the API reference share them. */
export const refusals = {
  pause: 'pausing is not supported by this engine: its sandboxes run or are stopped; use stop, or autoStopInterval',
  images:
    'images are not supported by this engine: sandboxes use the system files of this machine; make a snapshot of a sandbox instead',
  deactivation: (snapshot: string) =>
    `deactivating is not supported by this engine: delete the snapshot ${snapshot} if it is not needed`,
  objectStorage: 'images are not supported by this engine, so there is no object storage to push their files to',
  volumes: 'volumes are not supported by this engine; files in the home of a sandbox stay with it',
  secrets: 'secrets are not supported by this engine; give values in env when a sandbox is created',
  ssh: 'SSH access is not supported by this engine; open a PTY instead',
  accounts:
    'this engine has one user with one key, which is in its data directory; they cannot be changed over the API',
  computerUse:
    'computer use is not supported by this engine: sandboxes have no display; drive a headless browser from code instead',
  runners: 'only a runner may call this, and this engine has none',
  warmPools: 'the warm pool of this engine is set with SANDGLASS_WARM, which is read when the engine starts',
} as const
