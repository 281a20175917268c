/** Command lines of `bsnn run` that need no parser: files, and options in their plainest form. */

type Run = typeof import("../commands/run.ts").run;

/**
 * What a plain command line hands to `run`, as the parser of all others would; null where it has anything else, which that one reads or refuses.
 * @param args with the command's name
 */
export function plainRun([name, ...args]: readonly string[]): Parameters<Run> | null {
  if (name !== "run") return null;
  const files: string[] = [];
  const options: Parameters<Run>[2] = { top: 5, mode: "period", threads: 1 };
  for (let i = 0; i < args.length; i++) {
    const [argument, value = ""] = [args[i], args[i + 1]];
    if (!argument.startsWith("-")) files.push(argument);
    else if (argument === "--json") options.json = true;
    else if (argument === "--top" && /^[1-9][0-9]{0,8}$/.test(value)) options.top = Number(args[++i]);
    else if (argument === "--threads" && /^(?:[1-9]|[12][0-9]|3[0-2])$/.test(value))
      options.threads = Number(args[++i]);
    else if (argument === "--mode" && (value === "period" || value === "step"))
      options.mode = args[++i] as typeof value;
    else return null;
  }
  const [model, ...images] = files;
  return images.length > 0 ? [model, images, options] : null;
}
