const base58Alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

const cidV0Length = 46;
const cidV1Length = 59;
/** Version, codec, hash function, digest length, digest. */
const cidBytesLength = 36;
const digestLength = 32;
const dagPb = 0x70;
const raw = 0x55;
const sha256Code = 0x12;

function digitsOf(alphabet: string): Int8Array {
  const digits = new Int8Array(128).fill(-1);
  for (let value = 0; value < alphabet.length; value++) digits[alphabet.charCodeAt(value)] = value;
  return digits;
}

const base58Digits = digitsOf(base58Alphabet);
const base32Digits = digitsOf(base32Alphabet);

function digitAt(digits: Int8Array, text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (digits[code] ?? -1) : -1;
}

/**
 * The 36 bytes of a CID, as version 1, or undefined when the text is not one that sWorker can seal and report under the same text: dag-pb or raw with
 * a whole sha2-256, version 0 in base58btc or version 1 in lower-case base32. Every such text has one of two lengths, so two small decoders do.
 */
export function parseSealableCid(text: string): Uint8Array | undefined {
  if (text.length === cidV0Length && text.startsWith('Qm')) return decodeV0(text);
  if (text.length === cidV1Length && text.startsWith('b')) return decodeV1(text);
  return undefined;
}

/** 272 bits in limbs of 16, the lowest first. */
const limbs = 17;

/** Base58, two digits at a time into limbs of 16 bits: 16 + 11.8 bits never leave the small integers that engines are fast with. */
function decodeV0(text: string): Uint8Array | undefined {
  const value = new Uint16Array(limbs);
  let used = 1;
  for (let index = 0; index < cidV0Length; index += 2) {
    const high = digitAt(base58Digits, text, index);
    const low = digitAt(base58Digits, text, index + 1);
    if (high < 0 || low < 0) return undefined;
    let carry = high * 58 + low;
    for (let limb = 0; limb < used; limb++) {
      carry += (value[limb] ?? 0) * 3364;
      value[limb] = carry & 0xffff;
      carry >>>= 16;
    }
    // 58^46 is below 2^270, so the carry always finds a limb.
    if (carry > 0) value[used++] = carry;
  }
  if (value[limbs - 1] !== (sha256Code << 8) + digestLength) return undefined;
  const bytes = new Uint8Array(cidBytesLength);
  bytes[0] = 1;
  bytes[1] = dagPb;
  for (let limb = 0; limb < limbs; limb++) {
    const two = value[limbs - 1 - limb] ?? 0;
    bytes[2 + 2 * limb] = two >>> 8;
    bytes[3 + 2 * limb] = two & 0xff;
  }
  return bytes;
}

function decodeV1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(cidBytesLength);
  let bits = 0;
  let pending = 0;
  let written = 0;
  for (let index = 1; index < cidV1Length; index++) {
    const digit = digitAt(base32Digits, text, index);
    if (digit < 0) return undefined;
    pending = ((pending << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = pending >>> bits;
    }
  }
  // 58 digits carry 290 bits: the last two must be zero, or the text would not be the one the bytes are written as.
  if ((pending & 0b11) !== 0) return undefined;
  const sealable =
    bytes[0] === 1 && (bytes[1] === dagPb || bytes[1] === raw) && bytes[2] === sha256Code && bytes[3] === digestLength;
  return sealable ? bytes : undefined;
}
