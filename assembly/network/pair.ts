/** How a function returns two numbers: as one u64. */

// @ts-ignore: decorator
@inline
export function pair(first: u32, second: u32): u64 {
  return (<u64>first) | ((<u64>second) << 32);
}

// @ts-ignore: decorator
@inline
export function firstOf(pair: u64): u32 {
  return <u32>pair;
}

// @ts-ignore: decorator
@inline
export function secondOf(pair: u64): u32 {
  return <u32>(pair >> 32);
}
