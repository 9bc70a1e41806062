import { defineConfig } from 'vitest/config';

/**
 * `unit` shares one module graph (fast, pure tests); `process` isolates what starts processes, engines or kills them;
 * `long` runs with `npm run test:long`.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/*.etcd.test.ts', '**/*.process.test.ts', '**/*.long.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'process',
          include: ['{src,tools}/**/*.etcd.test.ts', '{src,tools}/**/*.process.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.long.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'long',
          include: ['{src,tools,test}/**/*.long.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
