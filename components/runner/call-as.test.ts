import { describe, expect, it } from 'vitest'
import { callForms } from './call-as'

const id = '11111111-1111-4111-8111-111111111111'

describe('the same call', () => {
  it('as curl sends exactly the fields that were filled in', () => {
    const { curl } = callForms(
      id,
      { kind: 'command', command: "echo 'hi'", cwd: '/tmp', envs: {}, timeout: null },
      'python',
    )
    expect(curl).toContain(`/${id}/process/execute"`)
    expect(curl).toContain(String.raw`-d '{"command":"echo '\''hi'\''","cwd":"/tmp"}'`)
  })

  it('as Python and TypeScript leaves out what is not set', () => {
    const forms = callForms(id, { kind: 'code', language: 'python', code: 'print(1)\n' }, 'python')
    expect(forms.python).toContain(String.raw`sandbox.process.code_run("print(1)\n")`)
    expect(forms.python).not.toContain('CodeRunParams')
    expect(forms.typescript).toContain(String.raw`sandbox.process.codeRun("print(1)\n")`)
  })

  it('names what the SDKs cannot say', () => {
    const forms = callForms(
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
})
