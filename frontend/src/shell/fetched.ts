import { offlineProblem } from "../api/problem";
import { fetchPart, whyMissing } from "../ui/parts";

/**
 * The code of a page, asked for by the router, which loads the whole page again where code did not come. That is right after an
 * update of the server alone: without a network the browser's own error page would take the place of what is on screen.
 */
export function fetched<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return () =>
    fetchPart(load).catch(async (error: unknown) => {
      // By these words the router knows code that did not come; missing styles say others.
      throw (await whyMissing()) === "outdated" ? new Error(`Failed to fetch dynamically imported module (${String(error)})`) : offlineProblem();
    });
}
