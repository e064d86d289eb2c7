'use client'
/** Addresses and credentials for the API calls that pages show for copying. They never contain an API key. */
import { useQuery } from '@tanstack/react-query'
import { quoteWord } from '@/components/execution/arguments'
import { useTargets } from '@/components/target/target-provider'
import { sandboxQuery } from '@/lib/queries/reads'

export interface ApiAccess {
  /** Shell lines before the call. */
  preparation: string
  /** Start of a shell-quoted URL, up to where the path begins. */
  api: string
  toolbox: string
  key: string
  /** Which variables give the SDKs the address and the key. */
  sdkNote: string
  /** Shell lines that set these variables. */
  environment: string
}

/** The local engine writes its address into its connection file. */
export const localApiAccess: ApiAccess = {
  preparation: `# Needs curl and jq.\nC="\${SANDGLASS_DATA_DIR:-$HOME/.sandglass}/connection.json"\n`,
  api: '"$(jq -r .apiUrl "$C")',
  toolbox: '"$(jq -r .toolboxUrl "$C")',
  key: '$(jq -r .apiKey "$C")',
  sdkNote: 'DAYTONA_API_URL and DAYTONA_API_KEY: apiUrl and apiKey of connection.json',
  environment: `C="\${SANDGLASS_DATA_DIR:-$HOME/.sandglass}/connection.json"
export DAYTONA_API_URL="$(jq -r .apiUrl "$C")"
export DAYTONA_API_KEY="$(jq -r .apiKey "$C")"`,
}

export function remoteApiAccess(target: string, apiUrl: string, toolboxUrl: string): ApiAccess {
  return {
    preparation: `# DAYTONA_API_KEY: your key for ${target}\n`,
    api: `"${apiUrl}`,
    toolbox: `"${toolboxUrl.replace(/\/+$/, '')}`,
    key: '$DAYTONA_API_KEY',
    sdkNote: `DAYTONA_API_URL=${apiUrl} and DAYTONA_API_KEY: your key for ${target}`,
    environment: `export DAYTONA_API_URL=${quoteWord(apiUrl)}
export DAYTONA_API_KEY=…  # your key for ${target}`,
  }
}

/** A POST with curl. `path` begins with a slash. */
export function curlPost(access: ApiAccess, base: 'api' | 'toolbox', path: string, body: unknown): string {
  return `${access.preparation}curl -X POST ${access[base]}${path}" \\
  -H "Authorization: Bearer ${access.key}" \\
  -H 'Content-Type: application/json' \\
  -d ${quoteWord(JSON.stringify(body))}`
}

/** A GET with curl. `path` begins with a slash. */
export function curlGet(access: ApiAccess, base: 'api' | 'toolbox', path: string): string {
  return `${access.preparation}curl ${access[base]}${path}" -H "Authorization: Bearer ${access.key}"`
}

/** API access for the current target, and for the toolbox of one of its sandboxes. */
export function useApiAccess(sandboxId?: string): ApiAccess {
  const { current, all } = useTargets()
  const apiUrl = all.find((one) => one.name === current)?.apiUrl ?? null
  const { data: sandbox } = useQuery({
    ...sandboxQuery(current, sandboxId ?? ''),
    enabled: apiUrl !== null && sandboxId !== undefined,
  })
  return apiUrl === null ? localApiAccess : remoteApiAccess(current, apiUrl, sandbox?.toolboxProxyUrl ?? '$TOOLBOX_URL')
}
