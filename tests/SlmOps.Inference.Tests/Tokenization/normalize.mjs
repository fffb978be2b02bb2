// Normalization form C by Node.js. Standard input: [string]; standard output: [string].
import { readFileSync } from 'node:fs';

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map((text) => text.normalize('NFC'))));
