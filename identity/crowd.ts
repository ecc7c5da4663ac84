import { IdentityRefused } from './identity.ts';
import { networkOf } from './network-of.ts';

/**
 * Lets one network have a bounded number of works under way that hash passwords: it can neither fill the line of all
 * nor have guesses hashed side by side before the first of them counts. Throws `identity_busy`.
 */
export const createCrowd = (most: number) => {
  const inside = new Map<string, number>();
  return async <Result>(address: string, work: () => Promise<Result>): Promise<Result> => {
    const network = networkOf(address);
    const before = inside.get(network) ?? 0;
    if (before >= most) {
      throw new IdentityRefused(
        'identity_busy',
        'Too many passwords from this network are being checked at once: try again in a few seconds.',
        2,
      );
    }
    inside.set(network, before + 1);
    try {
      return await work();
    } finally {
      const left = (inside.get(network) ?? 1) - 1;
      if (left === 0) inside.delete(network);
      else inside.set(network, left);
    }
  };
};
