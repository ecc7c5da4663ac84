import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdentityRefused } from './identity.ts';
import { checkPassword, isTooLong } from './password-rules.ts';

const owner = { email: 'ada.lovelace@example.com', username: 'Countess' };
const check = (password: string) => () => checkPassword(password, owner);
const isWeak =
  (saying: RegExp) =>
  (error: unknown): boolean =>
    error instanceof IdentityRefused &&
    error.code === 'weak_password' &&
    saying.test(error.message);

describe('a new password', () => {
  it('may have any characters', () => {
    for (const good of [
      'tulip anchor wheat 9',
      'пять слов без связи',
      '🐢🍋🚲🪐🧵🪨🦉🫖🧊🌵🪶🔭',
      "x'; DROP TABLE users; --",
      'a\u0000b\u0007c correct horse',
    ]) {
      assert.doesNotThrow(check(good), good);
    }
  });

  it('has 12 to 256 characters, however many bytes each takes', () => {
    assert.throws(check('kJ8#qPz1vR4'), isWeak(/at least 12/));
    assert.throws(check('🐢🍋🚲🪐🧵🪨'), isWeak(/at least 12/));
    assert.doesNotThrow(check('kJ8#qPz1vR4w'));
    const long = Array.from({ length: 256 }, (_, index) =>
      String.fromCodePoint(0x1f300 + ((index * 7) % 101)),
    ).join('');
    assert.doesNotThrow(check(long));
    assert.throws(check(`${long}x`), isWeak(/at most 256/));
    assert.equal(isTooLong(long), false);
    assert.equal(isTooLong('x'.repeat(1_000_000)), true);
  });

  it('is not one that many people use, also with digits and punctuation behind it', () => {
    for (const common of [
      '123qweasdzxc',
      'QwertyUiop123!',
      'password1234',
      'Dragon!!!!!!',
      'monkey 2024 !!',
      'passwordpassword1',
    ]) {
      assert.throws(check(common), isWeak(/many people/i), common);
    }
  });

  it('does not repeat one short piece', () => {
    for (const repeated of ['zzzzzzzzzzzz', 'xyxyxyxyxyxyx', 'k4pk4pk4pk4p', 'v9w2q7v9w2q7v9']) {
      assert.throws(check(repeated), isWeak(/repeats|many people/i), repeated);
    }
  });

  it('does not count up or down', () => {
    for (const run of ['ghijklmnopqr', '456789012345', 'zyxwvutsrqponm']) {
      assert.throws(check(run), isWeak(/counts|many people/i), run);
    }
  });

  it('has nothing to do with the names of its owner', () => {
    assert.throws(check('my ada.Lovelace 42'), isWeak(/e-mail/));
    assert.throws(check('the countess of K'), isWeak(/user name/));
    assert.doesNotThrow(() =>
      checkPassword('tulip anchor wheat', { email: 'a@b.c', username: 'an' }),
    );
  });
});
