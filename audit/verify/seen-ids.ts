/** Bits for each id expected: about one id in a million is taken for one seen before, without being it. */
const bitsPerId = 32;
const probes = 10;
const bitsMin = 2 ** 20;
const bitsMax = 2 ** 32; // 512 MB

// The finalizer of MurmurHash3: ids may be consecutive numbers.
const mixed = (word: number): number => {
  let value = word;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
};

const word = (id: string, from: number, to: number): number =>
  Number.parseInt(id.slice(from, to), 16) | 0;

/**
 * A Bloom filter: `mayRepeat` notes an id and says whether it may have been noted before. False is certain; true has
 * to be looked into. 4 to 8 bytes for each expected id, whatever comes.
 */
export const createSeenIds = (expected: number) => {
  let bits = bitsMin;
  while (bits < expected * bitsPerId && bits < bitsMax) bits *= 2;
  const field = new Uint32Array(bits / 32);
  return {
    mayRepeat: (id: string): boolean => {
      // A uuid's 32 digits: 8-4-4-4-12.
      const one = mixed(word(id, 0, 8) ^ mixed(word(id, 28, 36)));
      const other = mixed(word(id, 9, 13) ^ mixed(word(id, 24, 32) ^ one)) | 1;
      let known = true;
      for (let probe = 0; probe < probes; probe += 1) {
        const bit = ((one + Math.imul(other, probe)) >>> 0) % bits;
        const place = Math.floor(bit / 32);
        const mask = 1 << (bit & 31);
        const before = field[place] as number;
        if ((before & mask) === 0) {
          known = false;
          field[place] = before | mask;
        }
      }
      return known;
    },
  };
};
export type SeenIds = ReturnType<typeof createSeenIds>;
