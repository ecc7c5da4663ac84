/** What a Degiro row may be, by its description. */
export type DegiroMeaning =
  | 'trading_fee'
  | 'fee'
  | 'tax'
  | 'dividend'
  | 'interest'
  | 'conversion'
  | 'deposit'
  | 'withdrawal'
  | 'adjustment'
  /** Between the two pockets of one account. */
  | 'sweep';

/** How buying and selling is said: Dutch, English, French, Spanish, Portuguese, German, Italian. */
export const degiroSides: { readonly [Side in 'buy' | 'sell']: readonly string[] } = {
  buy: ['koop', 'buy', 'achat', 'compra', 'kauf', 'acquisto'],
  sell: ['verkoop', 'sell', 'vente', 'venta', 'venda', 'verkauf', 'vendita'],
};

/**
 * Beginnings of descriptions, in lower case and without accents; the first that fits decides, so the longer ones come
 * first. Each line: what it means, then its words in the languages that were seen.
 */
export const degiroWords: readonly (readonly [DegiroMeaning, readonly string[]])[] = [
  [
    'sweep',
    [
      'degiro cash sweep transfer',
      'overboeking van uw geldrekening',
      'overboeking naar uw geldrekening',
      'transfer from your cash account',
      'transfer to your cash account',
      'virement de votre compte especes',
      'virement vers votre compte especes',
    ],
  ],
  [
    'trading_fee',
    [
      'degiro transactiekosten',
      'degiro transaction and/or third party fees',
      'degiro transaction fee',
      'frais degiro de courtage',
      'costes de transaccion',
      'comisiones de transaccion degiro',
      'comissoes de transacao degiro',
    ],
  ],
  [
    'fee',
    [
      'degiro aansluitingskosten',
      'giro exchange connection fee',
      'degiro exchange connection fee',
      'degiro corporate action kosten',
      'degiro corporate action fee',
      'frais de connexion aux places boursieres',
      'costes de conectividad',
      'custo de conectividade',
      'adr/gdr pass-through fee',
      'adr/gdr externe kosten',
    ],
  ],
  [
    'tax',
    [
      'dividendbelasting',
      'dividend tax',
      'impots sur dividende',
      'retencion del dividendo',
      'imposto sobre dividendo',
      'dividendensteuer',
    ],
  ],
  ['dividend', ['dividendo', 'dividende', 'dividend']],
  ['interest', ['flatex interest', 'interest', 'rente', 'interets', 'interes', 'juros', 'zinsen']],
  [
    'conversion',
    [
      'valuta creditering',
      'valuta debitering',
      'fx credit',
      'fx debit',
      'ingreso cambio de divisa',
      'retirada cambio de divisa',
      'credito de divisa',
      'levantamento de divisa',
      'operation de change',
      'wahrungswechsel',
    ],
  ],
  [
    'withdrawal',
    [
      'processed flatex withdrawal',
      'flatex terugstorting',
      'flatex withdrawal',
      'terugstorting',
      'withdrawal',
      'retrait',
      'retirada',
      'levantamento',
    ],
  ],
  [
    'deposit',
    [
      'reservation ideal / sofort deposit',
      'ideal deposit',
      'sofort deposit',
      'flatex deposit',
      'deposit',
      'storting',
      'depot',
      'ingreso',
      'deposito',
      'einzahlung',
    ],
  ],
  ['adjustment', ['degiro courtesy']],
];

/** UTF-8 that was taken for Latin-1 and written as UTF-8 again, set right: `CrÃ©dito` is `Crédito`. */
const repaired = (text: string): string => {
  if (!/[\u00c2\u00c3][\u0080-\u00bf]/.test(text)) return text;
  const again = Buffer.from(text, 'latin1').toString('utf8');
  return again.includes('\ufffd') ? text : again;
};

/** A description as the table above writes it: lower case, no accents, single spaces. */
export const plainWords = (description: string): string =>
  repaired(description)
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();

/** `deposit` begins `deposit 5` but not `depositary fee`. */
const beginsWith = (words: string, beginning: string): boolean =>
  words.startsWith(beginning) && !/^[a-z]/.test(words.slice(beginning.length));

export const degiroMeaning = (words: string): DegiroMeaning | undefined =>
  degiroWords.find(([, beginnings]) => beginnings.some((one) => beginsWith(words, one)))?.[0];

const sidePattern = Object.values(degiroSides).flat().join('|');
const tradePattern = new RegExp(
  String.raw`^(${sidePattern}) ([\d.,' \u00a0\u202f]*\d)\b.*@ ?([\d.,' \u00a0\u202f]*\d) ([a-z]{3})\b`,
);
/** `STOCK DIVIDEND: Koop 999 @ 0 EUR`: shares that came or went otherwise than by a trade. */
const actionPattern = new RegExp(String.raw`^[^:]+: ?(?:${sidePattern}) \d`);

export type DegiroTrade = {
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  readonly currency: string;
};

/** The trade that a description tells of, its numbers as they are written; undefined where it tells of none. */
export const degiroTrade = (words: string): DegiroTrade | undefined => {
  const [, verb, quantity, price, currency] = tradePattern.exec(words) ?? [];
  if (verb === undefined || quantity === undefined || price === undefined) return undefined;
  const side = degiroSides.buy.includes(verb) ? 'buy' : 'sell';
  return { side, quantity, price, currency: (currency ?? '').toUpperCase() };
};

export const isDegiroCorporateAction = (words: string): boolean => actionPattern.test(words);
