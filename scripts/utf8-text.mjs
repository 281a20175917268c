/**
 * An asc transform: string literals become a u16 length and UTF-8 bytes (assembly/model/text.ts reads them). AssemblyScript's
 * own strings are UTF-16 behind a header of 20 bytes each, which would make texts a quarter of the core.
 */
import { LiteralKind, Node, NodeKind } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const integer = (value, range) => Node.createIntegerLiteralExpression(i64_new(value), range);
const name = (text, range) => Node.createIdentifierExpression(text, range);
const type = (text, range) => Node.createNamedType(Node.createSimpleTypeName(text, range), null, false, range);

/** `changetype<string>(memory.data<u8>([…]))` */
function compact({ value, range }) {
  const bytes = new TextEncoder().encode(value);
  const values = [bytes.length & 255, bytes.length >> 8, ...bytes].map((byte) => integer(byte, range));
  const data = Node.createPropertyAccessExpression(name("memory", range), name("data", range), range);
  const pointer = Node.createCallExpression(
    data,
    [type("u8", range)],
    [Node.createArrayLiteralExpression(values, range)],
    range,
  );
  return Node.createCallExpression(name("changetype", range), [type("string", range)], [pointer], range);
}

const isText = (node) => node.kind === NodeKind.Literal && node.literalKind === LiteralKind.String;

/** What leads elsewhere, and literals that are no texts: module paths and names of imports and fields. */
const SKIPPED = new Set(["range", "parent", "path", "internalPath", "decorators"]);

/** Replaces the literals below a node. */
function visit(node) {
  for (const [key, child] of Object.entries(node)) {
    if (SKIPPED.has(key)) continue;
    const replaced = (item) => {
      if (!(item instanceof Node)) return item;
      if (isText(item)) return compact(item);
      if (item.kind === NodeKind.Call && item.expression.text === "offsetof") return item;
      visit(item);
      return item;
    };
    node[key] = Array.isArray(child) ? child.map(replaced) : replaced(child);
  }
}

export default class extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) if (!source.isLibrary) visit(source);
  }
}
