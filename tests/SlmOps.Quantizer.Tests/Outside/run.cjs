// Runs models with the onnxruntime-node of the current folder. Standard input: [{ path, type, dims, data }], data in base64; output: [{ dims, data }] or [{ error }].
const { readFileSync } = require("node:fs");
const { InferenceSession, Tensor } = require(require.resolve("onnxruntime-node", { paths: [process.cwd()] }));

const bytes = (text) => {
  const buffer = Buffer.from(text, "base64");
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);
};

async function run({ path, type, dims, data }) {
  try {
    const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const values = type === "int64" ? new BigInt64Array(bytes(data)) : new Float32Array(bytes(data));
    const input = session.inputNames.find((name) => name === "x" || name === "tokens");
    const { y } = await session.run({ [input]: new Tensor(type, values, dims) });
    return { dims: y.dims, data: Buffer.from(y.data.buffer, y.data.byteOffset, y.data.byteLength).toString("base64") };
  } catch (error) {
    return { error: String(error) };
  }
}

(async () => {
  const answers = [];
  for (const request of JSON.parse(readFileSync(0, "utf8"))) {
    answers.push(await run(request));
  }
  process.stdout.write(JSON.stringify(answers));
})();
