/** What decides which cost a closing fill takes out of a position: its average, or single lots. */
export const costRules = ['average', 'fifo', 'lifo', 'highest'] as const;
export type CostRule = (typeof costRules)[number];

/** The choices under which the same events make different figures. */
export type RuleSet = { readonly cost: CostRule };

/** What the live read tables are built with. */
export const standardRules: RuleSet = { cost: 'average' };
