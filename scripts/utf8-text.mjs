/**
 * An asc transform: all string literals become one block of bytes, UTF-8 up to a zero (assembly/message/text.ts reads
 * them), and every literal the place where it lies. AssemblyScript's own strings are UTF-16 behind headers of 20 bytes each,
 * which would make texts a quarter of the core.
 */
import { LiteralKind, Node, NodeKind, Token } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

/** The constant of text.ts whose initialiser is the block. */
const BLOCK = "TEXTS";

const integer = (value, range) => Node.createIntegerLiteralExpression(i64_new(value), range);
const name = (text, range) => Node.createIdentifierExpression(text, range);
const type = (text, range) => Node.createNamedType(Node.createSimpleTypeName(text, range), null, false, range);

/** The text that a literal, or a sum of literals, stands for; null where a node is neither. */
function textOf(node) {
  if (node.kind === NodeKind.Literal && node.literalKind === LiteralKind.String) return node.value;
  if (node.kind !== NodeKind.Binary || node.operator !== Token.Plus) return null;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === null || right === null ? null : left + right;
}

/** What leads elsewhere, and literals that are no texts: module paths and names of imports and fields. */
const SKIPPED = new Set(["range", "parent", "path", "internalPath", "decorators"]);

export default class extends Transform {
  #bytes = [];
  #places = new Map();

  /** Where a text lies in the block. */
  #place(text) {
    if (!this.#places.has(text)) {
      const bytes = new TextEncoder().encode(text);
      this.#places.set(text, this.#bytes.length);
      this.#bytes.push(...bytes, 0);
    }
    return this.#places.get(text);
  }

  /** `changetype<string>(TEXTS + place)` */
  #compact(text, range) {
    const sum = Node.createBinaryExpression(Token.Plus, name(BLOCK, range), integer(this.#place(text), range), range);
    return Node.createCallExpression(name("changetype", range), [type("string", range)], [sum], range);
  }

  /** Replaces the literals below a node. */
  #visit(node) {
    for (const [key, child] of Object.entries(node)) {
      if (SKIPPED.has(key)) continue;
      const replaced = (item) => {
        if (!(item instanceof Node)) return item;
        const text = textOf(item);
        if (text !== null) return this.#compact(text, item.range);
        if (item.kind === NodeKind.Call && item.expression.text === "offsetof") return item;
        this.#visit(item);
        return item;
      };
      node[key] = Array.isArray(child) ? child.map(replaced) : replaced(child);
    }
  }

  afterParse(parser) {
    const sources = parser.sources.filter(({ isLibrary }) => !isLibrary);
    for (const source of sources) this.#visit(source);
    for (const source of sources) {
      for (const { declarations } of source.statements) {
        const block = declarations?.find((declaration) => declaration.name.text === BLOCK);
        if (!block) continue;
        // memory.data<u8>([…]): the array's elements are what has been collected.
        const { range, args } = block.initializer;
        args[0].elementExpressions = this.#bytes.map((byte) => integer(byte, range));
      }
    }
  }
}
