// The part format, written a second time from its description (src/Rxelon.Shared/Crypto/PartFormat.cs), over independent ciphers.
import { createHash } from 'node:crypto';
import { gcm, gcmsiv } from '@noble/ciphers/aes';
import { chacha20poly1305 } from '@noble/ciphers/chacha';

const SEGMENT = 65536;
const TAG = 16;
const HEADER = 51;
const suites = {
  'aes-256-gcm': [1, gcm],
  'chacha20-poly1305': [2, chacha20poly1305],
  'aes-256-gcm-siv': [3, gcmsiv],
};

function header(suite, { role, task, part, attempt, name }, prefix) {
  const bytes = Buffer.alloc(HEADER);
  bytes.write('RXP1', 0, 'ascii');
  bytes[4] = 1;
  bytes[5] = suites[suite][0];
  bytes[6] = role;
  task.copy(bytes, 8);
  bytes.writeUInt32BE(part, 24);
  bytes.writeUInt32BE(attempt, 28);
  bytes.writeUInt32BE(SEGMENT, 32);
  if (name) createHash('sha256').update(name, 'utf8').digest().copy(bytes, 36, 0, 8);
  prefix.copy(bytes, 44);
  return bytes;
}

function segmentCipher(suite, key, head, number, last) {
  const nonce = Buffer.alloc(12);
  head.copy(nonce, 0, 44, 51);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = last ? 1 : 0;
  return suites[suite][1](key, nonce, head);
}

export function seal(plain, key, suite, context, prefix) {
  const head = header(suite, context, prefix);
  const pieces = [head];
  const count = Math.max(1, Math.ceil(plain.length / SEGMENT));
  for (let i = 0; i < count; i++) {
    const piece = plain.subarray(i * SEGMENT, (i + 1) * SEGMENT);
    pieces.push(segmentCipher(suite, key, head, i, i === count - 1).encrypt(piece));
  }
  return Buffer.concat(pieces);
}

export function open(sealed, key, suite, context) {
  const head = sealed.subarray(0, HEADER);
  if (!head.equals(header(suite, context, sealed.subarray(44, HEADER)))) throw new Error('the header differs');
  const body = sealed.subarray(HEADER);
  const count = Math.ceil(body.length / (SEGMENT + TAG));
  const pieces = [];
  for (let i = 0; i < count; i++) {
    const piece = body.subarray(i * (SEGMENT + TAG), (i + 1) * (SEGMENT + TAG));
    pieces.push(segmentCipher(suite, key, head, i, i === count - 1).decrypt(piece));
  }
  return Buffer.concat(pieces);
}
