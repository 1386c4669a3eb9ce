const DROPPED = "script, iframe, frame, object, embed, applet, link, meta, base, form, input, button, noscript, template, svg, math, audio, video, source, track";
const FETCHING = new Set(["src", "srcset", "background", "poster", "data", "ping", "action", "formaction"]);

/**
 * HTML without anything that runs or fetches, for showing. It stands in a frame without any right besides: this keeps the
 * console quiet and pictures from telling that they were looked at.
 */
export function sanitised(html: string): string {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const element of parsed.querySelectorAll(DROPPED)) element.remove();
  for (const element of parsed.querySelectorAll("style")) if (/@import|url\s*\(/i.test(element.textContent)) element.remove();
  for (const element of parsed.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const fetches = FETCHING.has(name.toLowerCase()) && !/^\s*data:image\/(?!svg)/i.test(value);
      const runs = /^on/i.test(name) || /^\s*(javascript|vbscript|data):/i.test(value) || (name === "style" && /url\s*\(/i.test(value));
      const picture = element.tagName === "IMG" && name === "src" && !fetches;
      if (fetches || (runs && !picture)) element.removeAttribute(name);
    }
  }
  return `${[...parsed.head.querySelectorAll("style")].map((element) => element.outerHTML).join("")}${parsed.body.innerHTML}`;
}
