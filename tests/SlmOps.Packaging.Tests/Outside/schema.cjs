// Checks documents against a JSON schema: node schema.cjs (modelpack|cyclonedx) document.json …
const fs = require('node:fs');
const path = require('node:path');
const addFormats = require('ajv-formats');

const [which, ...files] = process.argv.slice(2);
const read = (name) => JSON.parse(fs.readFileSync(name));
const load = {
  modelpack: () => {
    const Ajv = require('ajv/dist/2020');
    return addFormats(new Ajv({ allErrors: true })).compile(read(path.join(__dirname, 'modelpack-config.schema.json')));
  },
  cyclonedx: () => {
    const Ajv = require('ajv');
    const folder = path.join(path.dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');
    const ajv = addFormats(new Ajv({ allErrors: true, strict: false }));
    // International forms of URLs and addresses are outside ajv-formats; we write none.
    ajv.addFormat('iri-reference', true).addFormat('idn-email', true);
    ajv.addSchema(read(path.join(folder, 'spdx.SNAPSHOT.schema.json')), 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json');
    ajv.addSchema(read(path.join(folder, 'jsf-0.82.SNAPSHOT.schema.json')), 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json');
    return ajv.compile(read(path.join(folder, 'bom-1.6.SNAPSHOT.schema.json')));
  },
}[which]();
for (const file of files) {
  if (load(read(file))) {
    console.log('ok');
  } else {
    console.log(load.errors.map((error) => `${error.instancePath} ${error.message}`).join('; '));
    process.exitCode = 1;
  }
}
