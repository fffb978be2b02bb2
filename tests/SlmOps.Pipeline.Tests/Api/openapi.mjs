// Checks an OpenAPI document with a reader of other people: node openapi.mjs document.json
import { readFileSync } from 'node:fs';
import { compileErrors, validate } from '@readme/openapi-parser';

const result = await validate(JSON.parse(readFileSync(process.argv[2], 'utf8')));
console.log(result.valid ? 'ok' : compileErrors(result));
process.exitCode = result.valid ? 0 : 1;
