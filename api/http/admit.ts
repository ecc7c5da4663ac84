import type { Request, Response } from 'express';
import { whenThere } from '#identity/at-once.ts';
import type { Principal } from '#identity/principal.ts';
import { type Authenticate, nobody } from './authenticate.ts';
import { HttpProblem } from './problem.ts';

type Checked = void | Promise<void>;

/** What stands at the door beside identity: limits. Each may throw a problem and set headers of the answer. */
export type Guard = {
  /** Before anything is known of a sender but the network address. */
  readonly beforeAuthentication: (
    address: string,
    request: Request,
    response: Response,
    door: Door,
  ) => Checked;
  /** A credential was missing or not good; the answer is a 401 unless this throws another problem. */
  readonly onNotAuthenticated: (address: string, request: Request, response: Response) => Checked;
  readonly afterAuthentication: (
    principal: Principal,
    request: Request,
    response: Response,
  ) => Checked;
};

export type Admitted = { readonly principal: Principal; readonly address: string };

/** anybody: no credential is looked at. page: a browser may send a key as a password. */
export type Door = 'anybody' | 'user' | 'page';

/** Lets a request in, or throws the problem that stands in its way. Answers at once where nothing has to be waited for. */
export type Admit = (
  request: Request,
  response: Response,
  door: Door,
) => Admitted | Promise<Admitted>;

/** The door of the API: the guard, identity, and the guard again. */
export const createAdmit = (
  authenticate: Authenticate,
  addressOf: (request: Request) => string,
  guard?: Guard,
): Admit => {
  const known = (
    request: Request,
    response: Response,
    address: string,
    door: Door,
  ): Principal | Promise<Principal> => {
    if (door === 'anybody') return nobody;
    const page = door === 'page' ? 'page' : undefined;
    const refused = (error: unknown): never | Promise<never> => {
      // A store that is away says nothing about a credential.
      if (!(error instanceof HttpProblem && error.kind.code === 'not_authenticated')) throw error;
      return whenThere<void, never>(guard?.onNotAuthenticated(address, request, response), () => {
        throw error;
      });
    };
    try {
      const found = authenticate(request.headers, address, page);
      return found instanceof Promise ? found.catch(refused) : found;
    } catch (error) {
      return refused(error);
    }
  };

  return (request, response, door) => {
    const address = addressOf(request);
    return whenThere(guard?.beforeAuthentication(address, request, response, door), () =>
      whenThere(known(request, response, address, door), (principal) =>
        whenThere(
          door === 'anybody' ? undefined : guard?.afterAuthentication(principal, request, response),
          () => ({ principal, address }),
        ),
      ),
    );
  };
};
