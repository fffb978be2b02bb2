// Checks a JSON list of texts, from standard input, against a schema: node ajv.cjs schema.json
const fs = require('node:fs');
const Ajv = require('ajv');

const check = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }).compile(JSON.parse(fs.readFileSync(process.argv[2])));
const verdicts = JSON.parse(fs.readFileSync(0)).map((text) => check(JSON.parse(text))
  ? 'ok'
  : check.errors.map((error) => `${error.instancePath} ${error.message}`).join('; '));
console.log(JSON.stringify(verdicts));
