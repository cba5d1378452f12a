export default {
  testEnvironment: 'node',
  verbose: true,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: './test/helpers/postgres-setup.mjs',
  globalTeardown: './test/helpers/postgres-teardown.mjs',
  testTimeout: 60_000,
  collectCoverageFrom: ['src/**/*.ts', 'ca-server/**/*.ts', 'commands/**/*.ts'],
  coverageReporters: ['text-summary', 'json-summary', 'lcov'],
};
