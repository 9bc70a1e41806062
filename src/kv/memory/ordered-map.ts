/**
 * Why: an immutable map in key order (an AVL tree with copied paths): a snapshot, a staged batch and the state before a
 * crash are each just a root. Keys are latin1 strings of the bytes, so that string order is byte order.
 */

export type OrderedMap<T> = Node<T> | undefined;

type Pair<T> = { readonly key: string; readonly value: T };

type Node<T> = Pair<T> & {
  readonly left: OrderedMap<T>;
  readonly right: OrderedMap<T>;
  readonly height: number;
};

export type Bounds = { readonly from: string; readonly to: string | undefined };

export function find<T>(map: OrderedMap<T>, key: string): T | undefined {
  let node = map;
  while (node !== undefined && node.key !== key) node = key < node.key ? node.left : node.right;
  return node?.value;
}

export function insert<T>(map: OrderedMap<T>, key: string, value: T): OrderedMap<T> {
  if (map === undefined) return join({ key, value }, undefined, undefined);
  if (key === map.key) return join({ key, value }, map.left, map.right);
  if (key < map.key) return balance(map, insert(map.left, key, value), map.right);
  return balance(map, map.left, insert(map.right, key, value));
}

/** The same map when the key is absent. */
export function remove<T>(map: OrderedMap<T>, key: string): OrderedMap<T> {
  if (map === undefined) return undefined;
  if (key < map.key) return withLeft(map, remove(map.left, key));
  if (key > map.key) return withRight(map, remove(map.right, key));
  if (map.left === undefined) return map.right;
  if (map.right === undefined) return map.left;
  const next = first(map.right);
  return balance(next, map.left, remove(map.right, next.key));
}

/** Values of keys in [from, to), ascending. */
export function* ascend<T>(map: OrderedMap<T>, bounds: Bounds): Generator<T> {
  if (map === undefined) return;
  const aboveFrom = map.key >= bounds.from;
  const belowTo = bounds.to === undefined || map.key < bounds.to;
  if (aboveFrom) yield* ascend(map.left, bounds);
  if (aboveFrom && belowTo) yield map.value;
  if (belowTo) yield* ascend(map.right, bounds);
}

/** Values of keys in [from, to), descending. */
export function* descend<T>(map: OrderedMap<T>, bounds: Bounds): Generator<T> {
  if (map === undefined) return;
  const aboveFrom = map.key >= bounds.from;
  const belowTo = bounds.to === undefined || map.key < bounds.to;
  if (belowTo) yield* descend(map.right, bounds);
  if (aboveFrom && belowTo) yield map.value;
  if (aboveFrom) yield* descend(map.left, bounds);
}

function first<T>(node: Node<T>): Node<T> {
  return node.left === undefined ? node : first(node.left);
}

function withLeft<T>(node: Node<T>, left: OrderedMap<T>): Node<T> {
  return left === node.left ? node : balance(node, left, node.right);
}

function withRight<T>(node: Node<T>, right: OrderedMap<T>): Node<T> {
  return right === node.right ? node : balance(node, node.left, right);
}

/** A node of `of`'s key and value over two trees whose heights differ by at most two. */
function balance<T>(of: Node<T>, left: OrderedMap<T>, right: OrderedMap<T>): Node<T> {
  const lean = height(left) - height(right);
  if (left !== undefined && lean > 1) return rotateRight(of, left, right);
  if (right !== undefined && lean < -1) return rotateLeft(of, left, right);
  return join(of, left, right);
}

function rotateRight<T>(of: Node<T>, left: Node<T>, right: OrderedMap<T>): Node<T> {
  const inner = left.right;
  if (inner === undefined || height(left.left) >= inner.height) {
    return join(left, left.left, join(of, inner, right));
  }
  const outer = join(left, left.left, inner.left);
  return join(inner, outer, join(of, inner.right, right));
}

function rotateLeft<T>(of: Node<T>, left: OrderedMap<T>, right: Node<T>): Node<T> {
  const inner = right.left;
  if (inner === undefined || height(right.right) >= inner.height) {
    return join(right, join(of, left, inner), right.right);
  }
  const outer = join(right, inner.right, right.right);
  return join(inner, join(of, left, inner.left), outer);
}

function height<T>(map: OrderedMap<T>): number {
  return map?.height ?? 0;
}

function join<T>({ key, value }: Pair<T>, left: OrderedMap<T>, right: OrderedMap<T>): Node<T> {
  return { key, value, left, right, height: Math.max(height(left), height(right)) + 1 };
}
