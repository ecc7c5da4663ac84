/** How far a named subscription has got. */
export type Checkpoints = {
  /** 0 where nothing was saved yet. */
  readonly load: (name: string) => Promise<number>;
  /** Moves from `floor` to `ceiling`; false if somebody else has moved it meanwhile. */
  readonly advance: (name: string, floor: number, ceiling: number) => Promise<boolean>;
};
