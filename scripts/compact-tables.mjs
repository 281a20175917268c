/** A Prettier plugin for Markdown: columns of a table are not padded, where that would not fit the line. */
import { parsers, printers } from "prettier/plugins/markdown";

const { mdast } = printers;

function print(path, options, printPath, args) {
  // Prettier itself does so only where it also joins the lines of a paragraph.
  const own = path.node.type === "table" ? { ...options, proseWrap: "never" } : options;
  return mdast.print(path, own, printPath, args);
}

export default {
  parsers: { markdown: parsers.markdown },
  printers: { mdast: { ...mdast, print } },
};
