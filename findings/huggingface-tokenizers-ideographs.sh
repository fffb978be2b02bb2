#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 (npm), BertNormalizer with handle_chinese_chars: each CJK ideograph is to become a word of
# its own. Ideographs beyond the first plane, such as U+20000, stay together: the two below come out as one unknown word,
# where two of the first plane come out as two. BERT's own tokenizer names the range U+20000 to U+2A6DF too.
# Seen: first plane [1,1], second plane [1]. Exits with an error when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund @huggingface/tokenizers@0.2.0 >/dev/null
cat >run.mjs <<'EOF'
import { Tokenizer } from '@huggingface/tokenizers';
const tokenizer = new Tokenizer({
  added_tokens: [],
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: null, decoder: null,
  model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: { '[PAD]': 0, '[UNK]': 1 } },
}, {});
const ids = (text) => JSON.stringify(tokenizer.encode(text, { add_special_tokens: false }).ids);
console.log(`first plane ${ids('\u4e2d\u6587')}, second plane ${ids('\u{20000}\u{20001}')}`);
EOF
answer=$(node run.mjs)
echo "$answer"
[ "$answer" = "first plane [1,1], second plane [1]" ]
