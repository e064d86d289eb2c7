import { describe, expect, it } from 'vitest'
import { localApiAccess, remoteApiAccess } from '@/components/execution/api-access'
import { callForms } from './call-as'

const id = '11111111-1111-4111-8111-111111111111'

describe('a run as code', () => {
  it('sends exactly the fields that were filled in with curl', () => {
    const { curl } = callForms(
      localApiAccess,
      id,
      { kind: 'command', command: "echo 'hi'", cwd: '/tmp', envs: {}, timeout: null },
      'python',
    )
    expect(curl).toContain(`/${id}/process/execute"`)
    expect(curl).toContain(String.raw`-d '{"command":"echo '\''hi'\''","cwd":"/tmp"}'`)
  })

  it('leaves unset options out of Python and TypeScript', () => {
    const forms = callForms(localApiAccess, id, { kind: 'code', language: 'python', code: 'print(1)\n' }, 'python')
    expect(forms.python).toContain(String.raw`sandbox.process.code_run("print(1)\n")`)
    expect(forms.python).not.toContain('CodeRunParams')
    expect(forms.typescript).toContain(String.raw`sandbox.process.codeRun("print(1)\n")`)
  })

  it('says in comments what the SDKs cannot express', () => {
    const forms = callForms(
      localApiAccess,
      id,
      { kind: 'code', language: 'javascript', code: 'x', argv: ['a b'], envs: { A: '1' }, cwd: '/tmp', timeout: 5 },
      'python',
    )
    expect(forms.python).toContain('# code runs of the SDK have no working directory')
    expect(forms.python).toContain("# this sandbox's code runs are python; this code is javascript")
    expect(forms.python).toContain('params=CodeRunParams(argv=["a b"], env={"A": "1"}), timeout=5)')
    expect(forms.typescript).toContain('codeRun("x", { argv: ["a b"], env: {"A":"1"} }, 5)')
    expect(forms.curl).not.toContain('"cwd"')
  })

  it('names the programs that the call needs', () => {
    const forms = callForms(localApiAccess, id, { kind: 'command', command: 'true' }, 'python')
    expect(forms.curl.startsWith('# Needs curl and jq.\n')).toBe(true)
  })

  it('uses the address of another target and reads the key from the environment', () => {
    const api = remoteApiAccess('staging', 'https://app.example.com/api', 'https://proxy.example.com/toolbox/')
    const forms = callForms(api, id, { kind: 'command', command: 'true' }, 'python')
    expect(forms.curl).toContain(`curl -X POST "https://proxy.example.com/toolbox/${id}/process/execute"`)
    expect(forms.curl).toContain('-H "Authorization: Bearer $DAYTONA_API_KEY"')
    expect(forms.python).toContain(
      '# DAYTONA_API_URL=https://app.example.com/api and DAYTONA_API_KEY: your key for staging',
    )
    expect(Object.values(forms).join()).not.toContain('connection.json')
  })
})
