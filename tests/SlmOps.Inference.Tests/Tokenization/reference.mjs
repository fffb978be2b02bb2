// Encodes and decodes texts with @huggingface/tokenizers.
// Standard input: {"tokenizer": <tokenizer.json>, "texts": [string]}; standard output: [{"ids": [number], "text": string}].
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';

const { tokenizer, texts } = JSON.parse(readFileSync(0, 'utf8'));
const reference = new Tokenizer(tokenizer, {});
const results = texts.map((text) => {
  const { ids } = reference.encode(text, { add_special_tokens: false });
  // It refuses to decode nothing.
  const decoded = ids.length === 0 ? '' : reference.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  return { ids, text: decoded };
});
process.stdout.write(JSON.stringify(results));
