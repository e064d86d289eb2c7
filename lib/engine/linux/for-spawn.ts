/** The framework's types require NODE_ENV in every environment; a child gets only what its allow-list has. */
export function forSpawn(environment: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return environment as NodeJS.ProcessEnv
}
