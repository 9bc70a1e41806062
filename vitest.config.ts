import { defineConfig } from 'vitest/config';

/** `unit` shares one module graph (fast, pure tests); `process` isolates what starts processes, engines or kills them. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/*.etcd.test.ts', '**/*.process.test.ts'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        test: {
          name: 'process',
          include: ['src/**/*.etcd.test.ts', 'src/**/*.process.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.long.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
