/** Parts of the page that are fetched when they are needed, and what to make of one that does not come. */

/** Nobody answered, or the server has another version, which is without it. */
export type Missing = "unreachable" | "outdated";

// The loader asks for a style sheet once only: without this a part that comes at the second try would stay bare.
const bare = new Set<string>();
addEventListener(
  "error",
  ({ target }) => {
    if (!(target instanceof HTMLLinkElement) || target.rel !== "stylesheet") return;
    bare.add(target.href);
    target.remove();
  },
  true,
);

/** Fetches a part, and the style sheets that did not come when it was tried before. */
export async function fetchPart<Part>(load: () => Promise<Part>): Promise<Part> {
  await Promise.all([...bare].map(fetchStyles));
  return load();
}

function fetchStyles(href: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => {
      bare.delete(href);
      resolve();
    };
    link.onerror = () => reject(new Error(`Without its styles: ${href}`));
    document.head.append(link);
  });
}

/** Asked only when a part did not come: the page says which build it is of, and so does the server's. */
export async function whyMissing(): Promise<Missing> {
  const mine = document.querySelector('script[type="module"][src]')?.getAttribute("src");
  if (mine === null || mine === undefined) return "unreachable";
  try {
    const answer = await fetch("/", { headers: { Accept: "text/html" }, cache: "no-store" });
    return answer.ok && !(await answer.text()).includes(`"${mine}"`) ? "outdated" : "unreachable";
  } catch {
    return "unreachable";
  }
}
