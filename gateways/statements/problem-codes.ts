/** Why a row of a statement is not taken, and what to do. Stable; listed in docs/imports.md. */
export const problemCodes = {
  action_not_supported:
    'The row tells of something that no command of this ledger books by itself. Book it as JSON lines, or skip it.',
  amount_mismatch:
    'Quantity × price is further from the stated amount than rounding explains. Check the row; book it as JSON lines.',
  amount_missing: 'The row moves cash but states no amount.',
  bad_date: 'The date or time is none in this layout.',
  bad_field: 'A field of the JSON object is missing, unknown or of the wrong form.',
  bad_json: 'The line is not a JSON object.',
  bad_number: 'A number cannot be read, or can be read in two ways.',
  bad_row: 'The row has not the columns of its header, or its quotes do not match.',
  conversion_incomplete:
    'One side of a currency conversion is not in the file. Export the whole day.',
  currency_not_supported:
    'The row is in another currency and the file does not say what it came to in USD. This ledger holds USD only.',
  price_missing: 'The row tells of a trade without a price.',
  quantity_missing: 'The row tells of shares but not of how many.',
  several_accounts: 'The file holds events of several accounts. Export one account.',
  split_ratio_unknown: 'The rows do not give a split as two whole numbers that differ.',
  symbol_unknown:
    'The row names an instrument of which no symbol is known. Give --symbols FILE with its ISIN and symbol.',
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof problemCodes;
