import { equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOf } from './network-of.ts';

describe('a network address', () => {
  it('of four numbers stands for itself', () => {
    equal(networkOf('192.0.2.7'), '192.0.2.7');
  });

  it('of four numbers written as IPv6 is the same', () => {
    equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7');
    equal(networkOf('::FFFF:192.0.2.7'), '192.0.2.7');
  });

  it('of IPv6 stands for its /64, however it is written', () => {
    const network = '2001:db8:0:1::/64';
    for (const address of [
      '2001:db8:0:1::',
      '2001:db8:0:1::7',
      '2001:DB8:0:1:ffff:ffff:ffff:ffff',
      '2001:db8::1:0:0:0:9',
      '2001:0db8:0000:0001::1',
    ]) {
      equal(networkOf(address), network, address);
    }
    equal(networkOf('2001:db8:0:2::7'), '2001:db8:0:2::/64');
    equal(networkOf('::1'), '0:0:0:0::/64');
    equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  });
});
