/** Sets a value; where `most` others are kept already, the oldest goes. */
export const setBounded = <Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): void => {
  if (!map.has(key) && map.size >= most) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
};
