/** The expression language for the canvas: reading and showing. Only the server evaluates. */
export { ExpressionSyntaxError } from "./lexer";
export { printTree, type Call, type Literal, type Node, type Span, type Step } from "./nodes";
export { parseExpression } from "./parser";
export {
  quoteName,
  references,
  referencesIn,
  type Reference,
  type ReferenceKind,
} from "./references";
export { reachOf, rewritten, type Reach, type Replacement } from "./rewriting";
export { parseTemplate, printTemplate, type Segment, type Template } from "./template";
export { completionAt, highlight, type Argument, type Completion, type Highlight, type HighlightKind } from "./tolerant";
