// usage: node interop.mjs IN.json OUT.json
// Opens everything that IN holds, which C# sealed; writes its own messages of the same inputs to OUT, which C# opens.
// All byte strings are base64. Exits with 1 and a sentence at the first difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign, verify, webcrypto } from 'node:crypto';
import { Aes128Gcm, Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519';
import * as part from './part.mjs';

globalThis.crypto ??= webcrypto; // Node 18

const un64 = (text) => Buffer.from(text, 'base64');
const to64 = (bytes) => Buffer.from(bytes).toString('base64');
const bits = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

function same(actual, expected, what) {
  if (!Buffer.from(actual).equals(Buffer.from(expected))) throw new Error(`${what}: the bytes differ`);
}

async function hpke(test) {
  const aead = { 1: () => new Aes128Gcm(), 2: () => new Aes256Gcm(), 3: () => new Chacha20Poly1305() }[test.aead]();
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead });
  const [info, aad, plain] = [un64(test.info), un64(test.aad), un64(test.plain)];
  const secret = await suite.kem.deserializePrivateKey(bits(un64(test.recipientPrivate)));
  const opened = await suite.open(
    { recipientKey: secret, enc: bits(un64(test.encapsulated)), info: bits(info) }, bits(un64(test.ciphertext)), bits(aad));
  same(opened, plain, `HPKE with AEAD ${test.aead}`);

  const recipientPublicKey = await suite.kem.deserializePublicKey(bits(un64(test.recipientPublic)));
  const sealed = await suite.seal({ recipientPublicKey, info: bits(info) }, bits(plain), bits(aad));
  return { ...test, encapsulated: to64(sealed.enc), ciphertext: to64(sealed.ct) };
}

function parts(test) {
  const context = { role: test.role, task: un64(test.task), part: test.part, attempt: test.attempt, name: test.name };
  const label = Buffer.from(test.label, 'utf8');
  const key = createHmac('sha256', un64(test.taskKey)).update(label).update(Buffer.of(1)).digest();
  const plain = un64(test.plain);
  same(part.open(un64(test.sealed), key, test.suite, context), plain, `part with ${test.suite}, ${test.label}, ${plain.length} bytes`);
  return { ...test, sealed: to64(part.seal(plain, key, test.suite, context, randomBytes(7))) };
}

function signature(test) {
  const seed = un64(test.seed);
  const secret = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
  const key = createPublicKey(secret);
  same(key.export({ format: 'der', type: 'spki' }).subarray(-32), un64(test.publicKey), 'Ed25519 public key');
  const pieces = [Buffer.from(test.domain, 'utf8'), ...test.fields.map(un64)];
  const message = Buffer.concat(pieces.flatMap((p) => { const n = Buffer.alloc(4); n.writeUInt32BE(p.length); return [n, p]; }));
  if (!verify(null, message, key, un64(test.signature))) throw new Error('Ed25519: the signature does not verify');
  return { ...test, signature: to64(sign(null, message, secret)) };
}

try {
  const [input, output] = process.argv.slice(2);
  const tests = JSON.parse(readFileSync(input, 'utf8'));
  const hpkeOut = [];
  for (const test of tests.hpke) hpkeOut.push(await hpke(test));
  writeFileSync(output, JSON.stringify({ hpke: hpkeOut, parts: tests.parts.map(parts), signatures: tests.signatures.map(signature) }));
} catch (error) {
  console.error(error.stack ?? String(error));
  process.exit(1);
}
