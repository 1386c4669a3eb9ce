import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// Which module may import which is checked by tests/architecture/test_canvas_imports.py.
export default tseslint.config(
  { ignores: ["src/api/schema.d.ts", "node_modules"] },
  ...tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
      // React calls what an effect answers when the effect ends, and what a method answers may change: scrollIntoView
      // answers a promise in newer browsers.
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.name=/^use(Layout)?Effect$/] > ArrowFunctionExpression > :matches(ChainExpression, CallExpression[callee.type='MemberExpression']).body",
          message: "Put the call in braces, so that the effect answers nothing.",
        },
      ],
    },
  },
);
