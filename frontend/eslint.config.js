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
    },
  },
);
