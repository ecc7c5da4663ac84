/** Rows as lines with aligned columns; a heading in capitals comes first. Columns of numbers are set to the right. */
export const aligned = (
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  toTheRight: readonly string[] = [],
): readonly string[] => {
  const all = [heading.map((name) => name.toUpperCase()), ...rows];
  const widths = heading.map((_, place) => Math.max(...all.map((row) => row[place]?.length ?? 0)));
  const cell = (text: string, place: number): string => {
    const width = widths[place] ?? 0;
    return toTheRight.includes(heading[place] ?? '') ? text.padStart(width) : text.padEnd(width);
  };
  return all.map((row) => row.map(cell).join('  ').trimEnd());
};

/** Names and what they are, one a line. */
export const named = (facts: readonly (readonly [name: string, value: string | null])[]) => {
  const shown = facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
};

/** Names and decimals, one a line, with their points below one another. */
export const figures = (facts: readonly (readonly [name: string, decimal: string])[]) => {
  const before = (decimal: string): number => decimal.split('.', 1)[0]?.length ?? 0;
  const widest = Math.max(0, ...facts.map(([, decimal]) => before(decimal)));
  return named(
    facts.map(([name, decimal]) => [name, ' '.repeat(widest - before(decimal)) + decimal]),
  );
};
