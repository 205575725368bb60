// usage: node leaf.mjs IN.json OUT.json
// The bytes of ledger entries, written a second time from docs/adr/0001-leaf-v1.md with Node's own crypto. Reads of IN only what goes
// into an entry, makes everything else, and writes both to OUT. Byte strings are base64, numbers of 64 bits are text.
import { readFileSync, writeFileSync } from 'node:fs';
import { createCipheriv, createHash, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';

const un64 = (text) => Buffer.from(text, 'base64');
const to64 = (bytes) => bytes.toString('base64');
const utf8 = (text) => Buffer.from(text, 'utf8');
const cat = (...pieces) => Buffer.concat(pieces.map((p) => (typeof p === 'string' ? utf8(p) : p)));
const sha256 = (...pieces) => createHash('sha256').update(cat(...pieces)).digest();
const hmac = (key, ...pieces) => createHmac('sha256', key).update(cat(...pieces)).digest();

function big(size, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - size);
}
const u16 = (n) => big(2, n);
const u32 = (n) => big(4, n);
const u64 = (n) => big(8, n);
const text16 = (text) => cat(u16(utf8(text).length), text);
const bytes32 = (bytes) => cat(u32(bytes.length), bytes);

const entry = (kind, ...fields) => cat(Buffer.of(1, kind), ...fields);
const hashed = (leaf) => ({ leaf: to64(leaf), leafHash: to64(sha256(Buffer.of(0), leaf)) });

function paddedSize(length) {
  if (length <= 256) return 256; // 256 is its own Padmé size
  const e = 31 - Math.clz32(length);
  const s = 32 - Math.clz32(e); // floor(log2 e) + 1
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

function entity({ key, persistenceId }) {
  const tagKey = hmac(un64(key), 'rx/tag-key/v1');
  return { key, persistenceId, tagKey: to64(tagKey), tag: to64(hmac(tagKey, 'rx/entity/v1\n', persistenceId)) };
}

function event(e, of) {
  const [key, tag] = [un64(of.key), un64(of.tag)];
  const n = u64(e.sequenceNr);
  const payload = cat(u32(e.serializer), text16(e.manifest), bytes32(un64(e.payload)));
  const salt = hmac(key, 'rx/salt/v1\n', of.persistenceId, n);
  const payloadCommit = sha256('rx/payload/v1\n', salt, payload);

  let [nonce, ciphertext, cipherHash] = [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(32)];
  if (e.replicated) {
    const plain = cat(payload, Buffer.alloc(paddedSize(payload.length) - payload.length));
    nonce = hmac(key, 'rx/payload-nonce/v1\n', n, sha256(plain)).subarray(0, 12);
    const aes = createCipheriv('aes-256-gcm', hmac(key, 'rx/payload-key/v1\n'), nonce).setAAD(cat(tag, n));
    ciphertext = cat(nonce, aes.update(plain), aes.final(), aes.getAuthTag());
    cipherHash = sha256(ciphertext);
  }

  const { sequenceNr, time, serializer, manifest, replicated, previous } = e;
  const leaf = entry(1, tag, n, u64(time), un64(previous), payloadCommit, cipherHash);
  return {
    sequenceNr, time, serializer, manifest, payload: e.payload, replicated, previous, salt: to64(salt), payloadCommit: to64(payloadCommit),
    nonce: to64(nonce), ciphertext: to64(ciphertext), cipherHash: to64(cipherHash), ...hashed(leaf),
  };
}

function block({ height, time, checkpoint, previousSize, previousEvents }) {
  const previousBlock = sha256('rx/block/v1\n', checkpoint);
  const leaf = entry(2, u64(height), u64(time), previousBlock, u64(previousSize), u64(previousEvents));
  return { height, time, checkpoint, previousSize, previousEvents, previousBlock: to64(previousBlock), ...hashed(leaf) };
}

// An Ed25519 key of its seed (RFC 8410 §7), and its C2SP vkey.
function signer(name, seed) {
  const secret = createPrivateKey({ key: cat(Buffer.from('302e020100300506032b657004220420', 'hex'), un64(seed)), format: 'der', type: 'pkcs8' });
  const key = cat(Buffer.of(1), createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32));
  const id = sha256(name, '\n', key).subarray(0, 4);
  return { vkey: `${name}+${id.toString('hex')}+${to64(key)}`, sign: (message) => sign(null, message, secret) };
}

function rotation({ time, oldUntil, name, oldSeed, newSeed }) {
  const [from, to] = [signer(name, oldSeed), signer(name, newSeed)];
  const body = entry(3, u64(time), u64(oldUntil), text16(from.vkey), text16(to.vkey));
  const [oldSignature, newSignature] = [from, to].map((k) => k.sign(cat('rx/rotate/v1\n', body)));
  return {
    time, oldUntil, name, oldSeed, newSeed, oldKey: from.vkey, newKey: to.vkey, oldSignature: to64(oldSignature), newSignature: to64(newSignature),
    ...hashed(cat(body, oldSignature, newSignature)),
  };
}

function beginning({ time, origin, seed, succeeds }) {
  const { vkey } = signer(origin, seed);
  return { time, origin, seed, succeeds, key: vkey, ...hashed(entry(4, u64(time), text16(origin), text16(vkey), bytes32(utf8(succeeds)))) };
}

const foreign = ({ time, note }) => ({ time, note, ...hashed(entry(5, u64(time), bytes32(utf8(note)))) });

const [input, output] = process.argv.slice(2);
const given = JSON.parse(readFileSync(input, 'utf8'));
const of = entity(given.entity);
const events = [];
for (const e of given.events) {
  // Each follows the one before it; the first has zeros.
  const previous = events.length === 0 ? to64(Buffer.alloc(32)) : events.at(-1).leafHash;
  events.push(event({ ...e, previous }, of));
}
writeFileSync(output, JSON.stringify({
  entity: of, events, block: block(given.block), rotation: rotation(given.rotation), beginnings: given.beginnings.map(beginning), foreign: foreign(given.foreign),
}));
