import { refuse } from '#domain/decision.ts';
import type { Symbol } from '#domain/ids.ts';
import type { AccountDecision } from '../deciding.ts';

export const unknownSymbol = (symbol: Symbol): AccountDecision =>
  refuse({ code: 'unknown_symbol', details: { symbol } });
