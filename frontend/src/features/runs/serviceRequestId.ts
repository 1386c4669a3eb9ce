import { member, textOf } from "../../ui/jsonTree";
import type { ActionDetail } from "./actionDetail";

/** Headers in which services name the request they answered, the most telling first. */
const HEADERS = ["x-ms-request-id", "x-request-id", "request-id", "apim-request-id", "x-amzn-requestid", "x-amz-request-id", "x-goog-request-id", "x-github-request-id", "x-ms-correlation-request-id", "x-correlation-id"];

/** What the called service named the request: its support asks for it. Null where it said none, or the answer is withheld. */
export function serviceRequestId({ outputs, secured }: Pick<ActionDetail, "outputs" | "secured">): string | null {
  const headers = member(outputs, "headers");
  if (headers?.kind !== "object" || secured.includes("outputs")) return null;
  for (const name of HEADERS) {
    const found = headers.members.find((one) => one.name.toLowerCase() === name);
    const id = textOf(found?.value);
    if (id) return id;
  }
  return null;
}
