// Runs one module under Node for the benchmark harness.
//   node_runner.mjs run FOLDER FILE ARGS…      as a WASI program; FOLDER "-" is none
//   node_runner.mjs validate|compile|instantiate|call-in|call-out FILE   times it inside the process and
//       (call-in, call-out) prints {"seconds": s, "count": n}: the median time of one operation, after a warm-up.
//   node_runner.mjs rest FILE                  prints {"bytes": b}: the memory of an idle instance.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const [what, ...rest] = process.argv.slice(2);

function run(folder, file, ...args) {
  const preopens = folder === '-' ? {} : { '.': folder };
  const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: {}, preopens });
  const module = new WebAssembly.Module(readFileSync(file));
  wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}

// One sample takes at least some milliseconds, so that the cost of reading the clock is negligible.
function timed(once, perCall = 1, seconds = 1.0) {
  let batch = 1;
  for (;;) {
    const start = performance.now();
    for (let i = 0; i < batch; ++i) once();
    const took = performance.now() - start;
    if (took >= 5 || batch >= 1 << 20) break;
    batch *= 2;
  }
  const samples = [];
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    for (let i = 0; i < batch; ++i) once();
    samples.push((performance.now() - start) / 1000 / batch / perCall);
  } while (performance.now() < end || samples.length < 3);
  samples.sort((a, b) => a - b);
  console.log(JSON.stringify({ seconds: samples[samples.length >> 1], count: samples.length * batch }));
}

// The possible imports of an in-process benchmark's module: a function without arguments, and one of two numbers.
let calls = 0;
const host = { host: { nothing() { ++calls; }, add: (a, b) => a + b } };

const modes = {
  run,
  validate(file) {
    const bytes = readFileSync(file);
    if (!WebAssembly.validate(bytes)) throw new Error(`${file} is not valid`);
    timed(() => WebAssembly.validate(bytes));
  },
  compile(file) {
    // V8 keeps compiled modules of equal bytes; a custom section with a number makes each one new.
    const bytes = readFileSync(file);
    const copy = new Uint8Array(bytes.length + 11);
    copy.set(bytes);
    copy.set([0, 9, 4, 0x6e, 0x6f, 0x6e, 0x65, 0, 0, 0, 0], bytes.length);
    const view = new DataView(copy.buffer);
    let n = 0;
    timed(() => { view.setUint32(bytes.length + 7, ++n); new WebAssembly.Module(copy); });
  },
  instantiate(file) {
    const module = new WebAssembly.Module(readFileSync(file));
    timed(() => new WebAssembly.Instance(module, host).exports.answer());
  },
  rest(file) {
    // Garbage would be counted as instances, so the script must be able to collect it: node --expose-gc.
    const module = new WebAssembly.Module(readFileSync(file));
    const kept = [];
    const make = (count) => { for (let i = 0; i < count; ++i) { const one = new WebAssembly.Instance(module, host); one.exports.answer(); kept.push(one); } };
    make(10);
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    make(1000);
    globalThis.gc?.();
    console.log(JSON.stringify({ bytes: (process.memoryUsage.rss() - before) / 1000, count: kept.length - 10 }));
  },
  'call-in'(file) {
    const { twice } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), host).exports;
    timed(() => { for (let i = 0; i < 1000; ++i) twice(i); }, 1000);
  },
  'call-out'(file) {
    const { call_host } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), host).exports;
    timed(() => call_host(1000), 1000);
  },
};
modes[what](...rest);
