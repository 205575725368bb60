// usage: node ledger.mjs IN.json OUT.json
// Says of each receipt in IN whether sigstore's verifier accepts it: checkpoint signature and inclusion. All byte strings are base64.
import { readFileSync, writeFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
// The package exports its bundle verifier only; the check of a log's entry stands beside it.
const { verifyTLogInclusion } = require(join(dirname(require.resolve('@sigstore/verify')), 'tlog', 'index.js'));
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex'); // RFC 8410 §4, before the 32 bytes of the key

const bytes = (text) => Buffer.from(text, 'base64');

function verdict(r) {
  const entry = {
    canonicalizedBody: bytes(r.leaf),
    inclusionProof: {
      logIndex: String(r.index),
      treeSize: String(r.size),
      rootHash: bytes(r.root),
      hashes: r.path.map(bytes),
      checkpoint: { envelope: r.checkpoint },
    },
  };
  const log = {
    logID: bytes(r.keyId),
    publicKey: createPublicKey({ key: Buffer.concat([ed25519Spki, bytes(r.publicKey)]), format: 'der', type: 'spki' }),
    baseURL: `https://${r.name}`,
  };
  try {
    verifyTLogInclusion(entry, [log]);
    return null;
  } catch (e) {
    return `${e.code ?? e.name}: ${e.message}`;
  }
}

const [input, output] = process.argv.slice(2);
writeFileSync(output, JSON.stringify(JSON.parse(readFileSync(input, 'utf8')).map(verdict)));
