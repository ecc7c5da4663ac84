import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Request, Response } from 'express';
import type { Identity } from '#identity/identity.ts';
import { createAdmit, type Guard } from './admit.ts';
import { createAuthenticate, nobody } from './authenticate.ts';

const response = {} as Response;
const from = (headers: Readonly<Record<string, string>>): Request => ({ headers }) as Request;
const good = from({ authorization: 'Bearer good' });

type Ask = Identity['authenticate'];
const atOnce: Ask = ({ text }) => (text === 'good' ? nobody : undefined);
const later: Ask = async (credential, address) => atOnce(credential, address);

/** A door whose guard writes down what it was asked. */
const door = (ask: Ask, over: Partial<Guard> = {}) => {
  const asked: string[] = [];
  const guard: Guard = {
    beforeAuthentication: (address) => void asked.push(`before ${address}`),
    onNotAuthenticated: (address) => void asked.push(`not ${address}`),
    afterAuthentication: () => void asked.push('after'),
    ...over,
  };
  const admit = createAdmit(createAuthenticate({ authenticate: ask }), () => 'here', guard);
  return { admit, asked };
};

const notAuthenticated = /credential|token/;

describe('the door of the API', () => {
  it('answers at once where identity does, after asking the guard twice', () => {
    const { admit, asked } = door(atOnce);
    deepEqual(admit(good, response, 'user'), { principal: nobody, address: 'here' });
    deepEqual(asked, ['before here', 'after']);
  });

  it('waits where identity or the guard does', async () => {
    const { admit, asked } = door(later, { beforeAuthentication: async () => {} });
    const admitted = admit(good, response, 'user');
    ok(admitted instanceof Promise);
    equal((await admitted).address, 'here');
    deepEqual(asked, ['after']);
  });

  it('tells the guard of a credential that is not good, at once or later', async () => {
    const first = door(atOnce);
    throws(() => first.admit(from({ 'x-api-key': 'bad' }), response, 'user'), notAuthenticated);
    throws(() => first.admit(from({}), response, 'user'), notAuthenticated);
    deepEqual(first.asked, ['before here', 'not here', 'before here', 'not here']);
    const second = door(later);
    const bad = async () => second.admit(from({ 'x-api-key': 'bad' }), response, 'user');
    await rejects(bad, notAuthenticated);
    deepEqual(second.asked, ['before here', 'not here']);
  });

  it('holds a database that is away against nobody', async () => {
    const { admit, asked } = door(async () => {
      throw new Error('Connection terminated');
    });
    await rejects(async () => admit(good, response, 'user'), /Connection terminated/);
    deepEqual(asked, ['before here']);
  });

  it('looks at no credential where none is needed', () => {
    const { admit, asked } = door(() => {
      throw new Error('asked');
    });
    deepEqual(admit(good, response, 'anybody'), { principal: nobody, address: 'here' });
    deepEqual(asked, ['before here']);
  });

  it('lets nobody past a guard that refuses', () => {
    const refuse = () => {
      throw new Error('too many');
    };
    for (const step of ['beforeAuthentication', 'afterAuthentication'] as const) {
      const { admit } = door(atOnce, { [step]: refuse });
      throws(() => admit(good, response, 'user'), /too many/);
    }
  });
});
