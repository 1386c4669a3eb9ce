/**
 * What a visitor downloads before a page works: the gzip size of its JavaScript, with everything it imports at once.
 * `npm run size [folder of the build]`; exit status 1 when a page is over its budget. Chunks loaded later do not count.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const folder = process.argv[2] ?? new URL("../static", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8"));

/** kB = 1,000 bytes. */
const budgets = [
  { page: "workflow list (first route)", entries: ["src/pages/workflows/WorkflowsPage.tsx"], budget: 240 },
  { page: "run page", entries: ["src/pages/run/RunPage.tsx"], budget: 330 },
  { page: "designer", entries: ["src/pages/designer/DesignerRoute.tsx"], budget: 400 },
  { page: "sign-in", entries: ["src/shell/doors.tsx"], budget: 240 },
];

const start = Object.keys(manifest).filter((name) => manifest[name].isEntry);

function closure(entries) {
  const files = new Set();
  const visit = (name) => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`The build has no chunk ${name}.`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const name of [...start, ...entries]) visit(name);
  return [...files].filter((file) => file.endsWith(".js"));
}

let over = false;
for (const { page, entries, budget } of budgets) {
  const bytes = closure(entries).reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file)), { level: 9 }).length, 0);
  const size = bytes / 1000;
  if (size > budget) over = true;
  console.log(`${page.padEnd(30)} ${size.toFixed(1).padStart(7)} kB of ${budget} kB${size > budget ? "  OVER" : ""}`);
}
process.exitCode = over ? 1 : 0;
