/** Stands where `default:` would: a new member of a union becomes a compile error here, and a stop at run time. */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
