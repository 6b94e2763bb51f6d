// Runs modules in a JavaScript engine by the plans of `module_gen run --plans`, and prints the same output as module_gen.
// For tools/fuzz_compare.py.
//
//   node fuzz_run.mjs BATCH PLANS [FROM]     a batch (see module_gen), one plan per line; FROM skips the first ones
//
// With MEMORIES=1 in the environment memories are printed as well.
import fs from 'node:fs';

const view = new DataView(new ArrayBuffer(8));
const MEMORIES = process.env.MEMORIES;

const INTEGERS = [0n, 1n, 7n, ~0n, 64n, 0x80000000n, 0x7FFFFFFFFFFFFFFFn, 12n];
const FLOATS = [0.0, 1.5, -3.25, 1e10, -0.0, 65536.0, 0.1, -1e30];

// What imported functions return: edge_value() of tests/fuzz/values.cc.
function edgeValue(type, call, position) {
  const i = (call * 3 + position) % 8;
  switch (type) {
    case 'i32': return Number(BigInt.asIntN(32, INTEGERS[i]));
    case 'i64': return BigInt.asIntN(64, INTEGERS[i]);
    case 'f32': return Math.fround(FLOATS[i]);
    case 'f64': return FLOATS[i];
    default: return null;
  }
}

function toValue(type, hex) {
  if (type == 'ref') return null;
  const bits = BigInt('0x' + hex);
  switch (type) {
    case 'i32': return Number(BigInt.asIntN(32, bits));
    case 'i64': return BigInt.asIntN(64, bits);
    case 'f32': view.setUint32(0, Number(bits)); return view.getFloat32(0);
    default: view.setBigUint64(0, bits); return view.getFloat64(0);
  }
}

function loggedBits(type, v) {
  switch (type) {
    case 'i32': return BigInt(v >>> 0);
    case 'i64': return BigInt.asUintN(64, v);
    case 'f32':
      if (Number.isNaN(v)) return 0x7FC00000n;
      view.setFloat32(0, v);
      return BigInt(view.getUint32(0));
    case 'f64':
      if (Number.isNaN(v)) return 0x7FF8000000000000n;
      view.setFloat64(0, v);
      return view.getBigUint64(0);
    default: return v === null ? 0n : 1n;
  }
}

function show(type, v) {
  switch (type) {
    case 'i32': return 'i32:' + (v >>> 0).toString(16);
    case 'i64': return 'i64:' + BigInt.asUintN(64, v).toString(16);
    case 'f32':
      if (Number.isNaN(v)) return 'f32:nan';
      view.setFloat32(0, v);
      return 'f32:' + view.getUint32(0).toString(16);
    case 'f64':
      if (Number.isNaN(v)) return 'f64:nan';
      view.setFloat64(0, v);
      return 'f64:' + view.getBigUint64(0).toString(16);
    default: return v === null ? 'null' : 'ref';
  }
}

function failure(e) {
  if (e instanceof WebAssembly.Exception) return 'exception';
  return 'trap: ' + e.message.split('\n')[0];
}

// The same as hash() of tests/fuzz/values.cc.
function hash(bytes) {
  const whole = bytes.length >>> 2;
  let words = new Int32Array(bytes.buffer, 0, whole);
  let h = 0x811C9DC5 | 0;
  const add = (word, at) => {
    h = Math.imul((h << 5 | h >>> 27) ^ word, 0x9E3779B1);
    h = Math.imul(h ^ at, 0x85EBCA6B);
  };
  for (let i = 0; i < whole; ++i)
    if (words[i] !== 0) add(words[i], i * 4);
  let last = 0;
  for (let i = whole * 4; i < bytes.length; ++i) last |= bytes[i] << 8 * (i & 3);
  if (last !== 0) add(last, whole * 4);
  return (h >>> 0).toString(16);
}

function rows(bytes, out) {
  for (let row = 0; row < bytes.length; row += 16) {
    const line = Array.from(bytes.subarray(row, row + 16));
    if (line.some(b => b != 0))
      out.push('  ' + row.toString(16).padStart(6, '0') + ': ' + line.map(b => b.toString(16).padStart(2, '0')).join(' '));
  }
}

function limits(i) {
  const size = v => v === undefined ? undefined : i.address == 'i64' ? BigInt(v) : Number(v);
  const out = {initial: size(i.initial)};
  if (i.maximum !== undefined) out.maximum = size(i.maximum);
  if (i.address == 'i64') out.address = 'i64';
  return out;
}

class Host {
  logged = 0n;
  calls = 0;

  imports(list) {
    const all = Object.create(null);
    for (const i of list) {
      const module = all[i.module] ??= Object.create(null);
      module[i.name] ??= this.import(i);
    }
    return all;
  }

  import(i) {
    switch (i.kind) {
      case 'global': return new WebAssembly.Global({value: i.type, mutable: i.mutable}, toValue(i.type, '0'));
      case 'memory': return new WebAssembly.Memory({...limits(i), shared: i.shared});
      case 'table': return new WebAssembly.Table({...limits(i), element: i.element}, null);
      case 'tag': return new WebAssembly.Tag({parameters: i.params});
      default: return (...args) => this.call(i, args);
    }
  }

  call({params, results}, args) {
    for (let a = 0; a < params.length; ++a)
      this.logged = BigInt.asUintN(64, (this.logged ^ loggedBits(params[a], args[a])) * 0x9E3779B97F4A7C15n);
    const answers = results.map((t, i) => edgeValue(t, this.calls, i));
    ++this.calls;
    return answers.length > 1 ? answers : answers[0];
  }
}

function run(bytes, plan, out) {
  let module, libraries;
  try {
    module = new WebAssembly.Module(bytes);
    libraries = WebAssembly.Module.customSections(module, 'library').map(b => new WebAssembly.Module(b));
  } catch (e) {
    out.push('compile: ' + e.message);
    return;
  }
  if (plan === null) {
    out.push('compile: ok');
    return;
  }
  if (plan.imports === undefined) {
    out.push('imports: not for both');
    return;
  }
  const host = new Host(), exported = {}, parts = [];
  for (const [i, part] of [...libraries, module].entries()) {
    const isLibrary = i < libraries.length, prefix = isLibrary ? `l${i}.` : '';
    const its = isLibrary ? plan.libraries[i] : plan;
    try {
      const {exports} = new WebAssembly.Instance(part, {...host.imports(its.imports), ...exported});
      out.push(prefix + 'instantiate: ok');
      parts.push({prefix, plan: its, exports});
      if (isLibrary) exported[`l${i}`] = exports;
    } catch (e) {
      out.push(prefix + 'instantiate: ' + failure(e));
      return;
    }
  }
  parts.unshift(parts.pop());
  for (const part of parts) calls(part, out);
  for (const part of parts) state(part, out);
  out.push('log: ' + host.logged.toString(16));
}

function calls({prefix, plan, exports}, out) {
  for (const {export: at, name, call, params, args, results} of plan.calls) {
    let line = `${prefix}e${at}#${call}:`;
    if (plan.fuel !== undefined) exports.fuel.value = plan.fuel;
    try {
      const r = exports[name](...args.map((a, i) => toValue(params[i], a)));
      const all = results.length == 0 ? [] : results.length == 1 ? [r] : r;
      results.forEach((t, i) => { line += ' ' + show(t, all[i]); });
    } catch (e) {
      line += ' ' + failure(e);
    }
    out.push(line);
  }
}

function state({prefix, plan, exports}, out) {
  for (const {export: at, name, global, memory} of plan.state) {
    if (global) out.push(`${prefix}e${at} = ${show(global, exports[name].value)}`);
    if (memory) {
      const bytes = new Uint8Array(exports[name].buffer);
      out.push(`${prefix}e${at}: ${bytes.length} bytes, ${hash(bytes)}`);
      if (MEMORIES) rows(bytes, out);
    }
  }
}

const [batchFile, planFile, from = '0'] = process.argv.slice(2);
const batch = fs.readFileSync(batchFile);
const plans = fs.readFileSync(planFile, 'utf8').split('\n');
for (let at = 0, number = 0; at < batch.length; ++number) {
  const size = batch.readUInt32LE(at);
  const bytes = batch.subarray(at + 4, at + 4 + size);
  at += 4 + size;
  if (number < Number(from)) continue;
  const out = ['== ' + number];
  run(bytes, JSON.parse(plans[number] || 'null'), out);
  out.push('== end\n');
  fs.writeSync(1, out.join('\n'));
}
