/**
 * One configuration for every package, run with the package's folder as working
 * directory. Each source file becomes one file in `dist`, so that a consumer's
 * bundler can drop what it does not use, file by file (`sideEffects: []`).
 * Declarations come from `tsc -b`.
 */
import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/**/*.ts"],
  outDir: "dist",
  format: "esm",
  target: "es2023",
  platform: "neutral",
  bundle: true,
  splitting: false,
  sourcemap: true,
  dts: false,
  clean: false,
  silent: true,
  tsconfig: "tsconfig.json",
  external: [/^[^.]/],
  esbuildPlugins: [
    {
      name: "keep-files-apart",
      setup(build) {
        build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path }) =>
          kind === "entry-point"
            ? undefined
            : { path: path.replace(/\.ts$/, ".js"), external: true, sideEffects: false },
        );
      },
    },
  ],
});
