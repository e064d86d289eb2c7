import { describe, expect, it } from 'vitest'
import { makeScript } from './script'

const none = { isConstant: () => false, isVariable: () => false }
const text = (code: string, variables: string[] = [], constants: string[] = []) =>
  makeScript(code, {
    isConstant: (name) => constants.includes(name),
    isVariable: (name) => variables.includes(name),
  })
    .rewritten.text.replace(/\n;void 0$/, '')
    .replaceAll('__sandglass__', '$')

describe('the script of a run', () => {
  it('shows the value of a last expression, and of nothing else', () => {
    expect(text('1 + 1')).toBe('$.last((1 + 1))')
    expect(text('a, b;')).toBe('$.last((a, b));')
    expect(text('(5) // five')).toBe('$.last(((5))) // five')
    expect(text('"use strict"')).toBe('"use strict";')
    expect(text('"text"')).toBe('$.last(("text"))')
    expect(text('if (a) { b }')).toBe('if (a) { b }')
    expect(text('let a = 1')).toBe('let a = 1')
    expect(text('await import("x");;')).toBe('$.last((await $.import("x")));;')
  })

  it('declares functions first, as variables', () => {
    expect(text('f()\nfunction f(a) { return a }\n[1]')).toBe('let f=function (a) { return a };f()\n;\n$.last(([1]))')
    expect(text('async function* g() {}')).toBe('let g=async function* () {};;')
    expect(text('function f() { 1 } function f() { 2 }')).toBe('let f=function () { 2 };; ;')
    expect(text('"use strict"\nfunction f() {}')).toBe('"use strict";let f=function () {};\n;')
  })

  it('makes of var a variable that is declared again only where it is new', () => {
    expect(text('var a = 1, {b} = o, c;')).toBe('let a,b,c;void (a = 1,{b} = o);')
    expect(text('var a = 1, c;', ['a'])).toBe('let c;void (a = 1);')
    expect(text('var a\n[1].x', ['a'])).toBe('void (0);\n$.last(([1].x))')
    expect(text('for (var i = 0, n; i < 3; i++) {}')).toBe('let i,n;for (i = 0; i < 3; i++) {}')
    expect(text('for (var [k, v] of m) f(k)')).toBe('let k,v;for ([k, v] of m) f(k)')
    expect(text('if (a) var x = 1; else var y = 2')).toBe('let y,x;if (a) void (x = 1); else void (y = 2);')
    expect(text('function f() { var inner }')).toBe('let f=function () { var inner };;')
    expect(text('function a() {} var a = 1')).toBe('let a=function () {};; void (a = 1);')
  })

  it('imports before all else', () => {
    expect(text('f()\nimport d, {a as b, "x-y" as z} from "m"')).toBe(
      'let {"default":d,"a":b,"x-y":z}=await $.importNames("m",undefined,["default","a","x-y"]);f()\n;',
    )
    expect(text('import * as n from "m"; import "s"')).toBe(
      'let n=await $.importNames("m",undefined,[]);await $.importNames("s",undefined,[]);; ;',
    )
    expect(text('import j from "./a.json" with { type: "json" }')).toContain('{with:{"type":"json"}}')
    expect(text('const f = () => import(x)')).toBe('let f = () => $.import(x)')
    expect(text('import.meta.url')).toBe('$.last(($.meta.url))')
  })

  it('takes exports as what they declare', () => {
    expect(text('export const a = 1')).toBe('let a = 1')
    expect(text('export function f() {}')).toBe('let f=function () {};;')
    expect(text('export default (5)')).toBe('void  (5)')
    expect(text('let a; export { a }')).toBe('let a; ;')
    expect(text('export * from "m"')).toBe('await $.importNames("m",undefined,[]);;')
  })

  it('refuses to assign to a constant, wherever it is plain that it is one', () => {
    expect(text('const a = 1; a = 2; a++')).toBe('let a = 1; a = $.constant((2)); $.last(($.constant(a)))')
    expect(text('a += (b, c);', [], ['a'])).toBe('$.last((a += ($.constant((b, c)))));')
    expect(text('function f(a) { a = 1 }', [], ['a'])).toBe('let f=function (a) { a = 1 };;')
    expect(text('for (let a = 0; a < 1; a++) {}', [], ['a'])).toBe('for (let a = 0; a < 1; a++) {}')
    expect(text('var a = 2; a = 3;;', ['a'], ['a'])).toBe('void (a = 2); $.last((a = 3));;')
    expect(text('let a = 2; a = 3;;', [], ['a'])).toBe('let a = 2; $.last((a = 3));;')
  })

  it('says what it declares', () => {
    const { declares } = makeScript('let a; const b = 1; class C {} function f() {} var v; import {i} from "m"', none)
    expect(Object.fromEntries(declares)).toEqual({ a: true, b: false, C: true, f: true, v: true, i: false })
  })

  it('knows where each place was', () => {
    const { rewritten } = makeScript('var x = 1\nfunction f() {\n  throw x\n}\n  f()', none)
    const at = (part: string) => {
      const before = rewritten.text.slice(0, rewritten.text.indexOf(part)).split('\n')
      return rewritten.locate({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
    }
    expect(at('throw')).toEqual({ line: 3, column: 3 })
    expect(at('f()')).toEqual({ line: 5, column: 3 })
    expect(at('x = 1')).toEqual({ line: 1, column: 5 })
  })

  it('leaves code that cannot be read to V8', () => {
    const script = makeScript('let = = 1', none)
    expect(script.rewritten.text).toBe('let = = 1')
    expect(script.problem).toEqual({ message: 'Unexpected token', offset: 6 })
  })
})
