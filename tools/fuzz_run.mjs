// Runs modules in JavaScript's engine by the plans that `module_gen run --plans` wrote beside them, and prints
// what module_gen prints. For tools/fuzz_compare.py.
import fs from 'node:fs';

const view = new DataView(new ArrayBuffer(8));

function toValue(type, hex) {
  const bits = BigInt('0x' + hex);
  switch (type) {
    case 'i32': return Number(BigInt.asIntN(32, bits));
    case 'i64': return BigInt.asIntN(64, bits);
    case 'f32': view.setUint32(0, Number(bits)); return view.getFloat32(0);
    default: view.setBigUint64(0, bits); return view.getFloat64(0);
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
    default:
      if (Number.isNaN(v)) return 'f64:nan';
      view.setFloat64(0, v);
      return 'f64:' + view.getBigUint64(0).toString(16);
  }
}

function failure(e) {
  if (e instanceof WebAssembly.Exception) return 'exception';
  return 'trap: ' + e.message.split('\n')[0];
}

function hash(bytes) {
  let h = 0x811C9DC5;
  for (let i = 0; i < bytes.length; ++i) h = Math.imul(h ^ bytes[i], 0x01000193);
  return (h >>> 0).toString(16);
}

function rows(bytes, out) {
  for (let row = 0; row < bytes.length; row += 16) {
    const line = Array.from(bytes.subarray(row, row + 16));
    if (line.some(b => b != 0))
      out.push('  ' + row.toString(16).padStart(6, '0') + ': ' + line.map(b => b.toString(16).padStart(2, '0')).join(' '));
  }
}

for (const path of process.argv.slice(2)) {
  const out = ['== ' + path];
  const plan = JSON.parse(fs.readFileSync(path + '.json', 'utf8') || 'null');
  run(path, plan, out);
  console.log(out.join('\n'));
}

function run(path, plan, out) {
  let module;
  try {
    module = new WebAssembly.Module(fs.readFileSync(path));
  } catch (e) {
    out.push('compile: ' + e.message);
    return;
  }
  if (plan === null) {
    out.push('compile: ok');
    return;
  }
  let logged = 0n, instance;
  const log = v => { logged = BigInt.asUintN(64, (logged ^ BigInt.asUintN(64, v)) * 0x9E3779B97F4A7C15n); };
  try {
    instance = new WebAssembly.Instance(module, {env: {log}});
    out.push('instantiate: ok');
  } catch (e) {
    out.push('instantiate: ' + failure(e));
    return;
  }
  for (const {export: at, name, call, params, args, results} of plan.calls) {
    let line = `e${at}#${call}:`;
    try {
      const r = instance.exports[name](...args.map((a, i) => toValue(params[i], a)));
      const all = results.length == 0 ? [] : results.length == 1 ? [r] : r;
      results.forEach((t, i) => { line += ' ' + show(t, all[i]); });
    } catch (e) {
      line += ' ' + failure(e);
    }
    out.push(line);
  }
  for (const {export: at, name, global, memory} of plan.state) {
    if (global) out.push(`e${at} = ${show(global, instance.exports[name].value)}`);
    if (memory) {
      const bytes = new Uint8Array(instance.exports[name].buffer);
      out.push(`e${at}: ${bytes.length} bytes, ${hash(bytes)}`);
      if (process.env.MEMORIES) rows(bytes, out);
    }
  }
  out.push('log: ' + logged.toString(16));
}
