import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Django serves the build under /static/ and the page itself from its own template, which reads the manifest.
export default defineConfig(({ command }) => ({
  base: command === "build" ? "/static/" : "/",
  plugins: [react()],
  build: { outDir: "../static", emptyOutDir: false, manifest: true, assetsDir: "assets", sourcemap: false, target: "es2022" },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/ws": { target: "ws://127.0.0.1:8000", ws: true } } },
}));
