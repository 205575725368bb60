// usage: node ledger.mjs IN.json OUT.json
// Says of each receipt in IN whether sigstore's verifier accepts it: checkpoint signature and inclusion. All byte strings are base64.
// One with a "proof" is a *.tlog-proof file with its leaf; its "opening", when there, must be of that leaf (docs/receipts.md).
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
// The package exports its bundle verifier only; the check of a log's entry stands beside it.
const { verifyTLogInclusion } = require(join(dirname(require.resolve('@sigstore/verify')), 'tlog', 'index.js'));
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex'); // RFC 8410 §4, before the 32 bytes of the key

const bytes = (text) => Buffer.from(text, 'base64');

function unpacked(r) {
  const text = bytes(r.proof).toString('utf8');
  const blank = text.indexOf('\n\n');
  const [header, index, ...path] = text.slice(0, blank).split('\n');
  if (header !== 'c2sp.org/tlog-proof@v1') throw new Error(`not a proof: ${header}`);
  const checkpoint = text.slice(blank + 2);
  const [, size, root] = checkpoint.split('\n');
  const [, name, signature] = checkpoint.trimEnd().split('\n').at(-1).split(' ');
  return { ...r, index: index.replace('index ', ''), path, checkpoint, size, root, name, keyId: bytes(signature).subarray(0, 4).toString('base64') };
}

function opens(leaf, o) {
  const pseudonym = createHmac('sha256', bytes(o.tagKey)).update('rx/entity/v1\n').update(o.entity, 'utf8').digest();
  const [serializer, length, size] = [Buffer.alloc(4), Buffer.alloc(2), Buffer.alloc(4)];
  const [manifest, payload] = [Buffer.from(o.manifest, 'utf8'), bytes(o.payload)];
  serializer.writeUInt32BE(o.serializer);
  length.writeUInt16BE(manifest.length);
  size.writeUInt32BE(payload.length);
  const commit = createHash('sha256').update('rx/payload/v1\n');
  for (const piece of [bytes(o.salt), serializer, length, manifest, size, payload]) commit.update(piece);
  return pseudonym.equals(leaf.subarray(2, 34)) && leaf.readBigUInt64BE(34) === BigInt(o.sequenceNr) && commit.digest().equals(leaf.subarray(82, 114));
}

function verdict(given) {
  const r = given.proof ? unpacked(given) : given;
  if (r.opening && !opens(bytes(r.leaf), r.opening)) return 'the opening is of another entry';
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
