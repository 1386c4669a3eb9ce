// What the canvas reads from template strings: JSON strings in, one per line; printed trees and references out.
// An object with template, kind, from and to asks for the template after a rename instead.
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith(".")) {
      const candidate = new URL(`${specifier}.ts`, context.parentURL);
      if (existsSync(fileURLToPath(candidate))) return next(candidate.href, context);
    }
    return next(specifier, context);
  },
});

const language = await import(pathToFileURL(`${process.argv[2]}/index.ts`).href);
const { renameIn } = await import(pathToFileURL(`${process.argv[2]}/../references.ts`).href);

function answer(template) {
  try {
    const tree = language.printTemplate(template);
    const references = language.referencesIn(template).map(({ function: name, name: read, start, end }) => ({
      function: name,
      name: read,
      start,
      end,
    }));
    return { tree, references };
  } catch (error) {
    if (!(error instanceof language.ExpressionSyntaxError)) throw error;
    return { error: error.message, position: error.position };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const told = typeof asked === "string" ? answer(asked) : renameIn(asked.template, asked.kind, asked.from, asked.to);
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
