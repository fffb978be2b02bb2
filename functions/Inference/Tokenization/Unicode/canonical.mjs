// Writes canonical.txt, the data of CanonicalComposition.cs, from the Unicode tables of the Node.js that runs this:
//   node canonical.mjs > canonical.txt
// Classes are numbered in the order of the canonical combining classes; composing needs no more than their order.

const hex = (text) => [...text].map((c) => c.codePointAt(0).toString(16).toUpperCase()).join(' ');
const nfd = (text) => text.normalize('NFD');
const nfc = (text) => text.normalize('NFC');
const isHangul = (code) => code >= 0xac00 && code <= 0xd7a3;

const characters = [];
for (let code = 0x80; code <= 0x10ffff; code++) {
  if (code < 0xd800 || code > 0xdfff) characters.push(String.fromCodePoint(code));
}

// A mark moves past a neighbour of another class; U+0301 has class 230 and U+0334 class 1.
const swaps = (left, right) => nfd(left + right) === nfd(right + left) && nfd(left + right) !== left + right;
const marks = characters.filter((c) => nfd(c) === c && (swaps('\u0301', c) || swaps(c, '\u0334')));
const classes = [];
for (const mark of marks) {
  const same = classes.find((members) => !swaps(members[0], mark) && !swaps(mark, members[0]));
  if (same) same.push(mark);
  else classes.push([mark]);
}
classes.sort(([a], [b]) => (swaps(a, b) ? 1 : -1));

const lines = [
  `# Canonical combining order, decompositions and compositions of Unicode ${process.versions.unicode}, made by canonical.mjs.`,
  '# Unicode Character Database, (c) Unicode, Inc., Unicode License v3, https://www.unicode.org/license.txt',
];
classes.forEach((members, index) => lines.push(`C ${index + 1} ${hex(members.join(''))}`));
for (const c of characters) {
  if (isHangul(c.codePointAt(0)) || nfd(c) === c) continue;
  const parts = [...nfd(c)];
  lines.push(`D ${hex(c)} ${hex(nfd(c))}`);
  if (nfc(c) !== c) continue;
  const first = nfc(parts.slice(0, -1).join(''));
  if ([...first].length !== 1 || nfc(first + parts.at(-1)) !== c) throw new Error(`no pair for ${hex(c)}`);
  lines.push(`P ${hex(c)} ${hex(first)} ${hex(parts.at(-1))}`);
}
console.log(lines.join('\n'));
