// node runtime.cjs FOLDER: runs language models in the version of ONNX Runtime that FOLDER's onnxruntime-node brings.
// Speaks on its pipes as the process that runs models does: a little-endian uint32, the length, then so many bytes of JSON.
// {"ask":"own","Body":…} holds { model, logits, vocabulary, window, tokens, feeds }: each window of the tokens is run from an empty
// cache, and its logits go to the file as float32. The answer is { opened } or { opened, error }.
"use strict";
const { openSync, writeSync, closeSync } = require("node:fs");
const { InferenceSession, Tensor } = require(require.resolve("onnxruntime-node", { paths: [process.argv[2]] }));

const integers = { int64: [BigInt64Array, BigInt], int32: [Int32Array, Number] };

function feed({ name, type, fill, dims }, tokens) {
  const shape = dims.map((size) => (size < 0 ? tokens.length : size));
  if (fill === "empty") {
    return [name, new Tensor(type, type === "float16" ? new Uint16Array(0) : new Float32Array(0), shape)];
  }
  if (fill === "false") {
    return [name, new Tensor("bool", Uint8Array.of(0), shape)];
  }
  const [list, number] = integers[type];
  const values =
    fill === "tokens" ? tokens
    : fill === "ones" ? tokens.map(() => 1)
    : fill === "count" ? [tokens.length]
    : tokens.map((_, at) => at);
  return [name, new Tensor(type, list.from(values, number), shape)];
}

function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 31 ? (fraction ? NaN : Infinity)
    : exponent === 0 ? fraction * 2 ** -24
    : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

function floats({ type, data }) {
  if (type === "float32") {
    return data;
  }
  if (type !== "float16") {
    throw new Error(`its logits are ${type}`);
  }
  return Float32Array.from(data instanceof Uint16Array ? Array.from(data, half) : data);
}

async function run({ model, logits: path, vocabulary, window, tokens, feeds }) {
  let session;
  try {
    session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  } catch (error) {
    return { opened: false, error: String(error.message ?? error) };
  }
  try {
    const file = openSync(path, "w");
    for (let at = 0; at + window <= tokens.length; at += window) {
      const given = tokens.slice(at, at + window);
      const { logits } = await session.run(Object.fromEntries(feeds.map((one) => feed(one, given))), ["logits"]);
      if (logits.dims.length !== 3 || logits.dims[1] < window || logits.dims[2] !== vocabulary) {
        throw new Error(`its logits have the shape [${logits.dims}] where [1, ${window}, ${vocabulary}] was due`);
      }
      const rows = floats(logits).slice(-window * vocabulary);
      writeSync(file, Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength));
      say({ Progress: (at + window) / tokens.length });
    }
    closeSync(file);
    return { opened: true };
  } catch (error) {
    return { opened: true, error: String(error.message ?? error) };
  }
}

function say(reply) {
  const body = Buffer.from(JSON.stringify(reply));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  writeSync(1, Buffer.concat([length, body]));
}

async function answer(request) {
  // The kernel's limits are for the parent to tell that they do not hold here.
  say(request.ask === "limit"
    ? { Ready: { Limited: false, NoNetwork: false, BoundToParent: false } }
    : { Own: JSON.stringify(await run(JSON.parse(request.Body))) });
}

(async () => {
  let waiting = Buffer.alloc(0);
  for await (const part of process.stdin) {
    waiting = Buffer.concat([waiting, part]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32LE(0)) {
      const end = 4 + waiting.readUInt32LE(0);
      const request = JSON.parse(waiting.subarray(4, end).toString("utf8"));
      waiting = waiting.subarray(end);
      await answer(request);
    }
  }
})();
