/** Goes on at once where the value is there: most requests wait for nothing. */
export const whenThere = <Value, Result>(
  value: Value | Promise<Value>,
  go: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> => (value instanceof Promise ? value.then(go) : go(value));
