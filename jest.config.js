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
  testTimeout: 20_000,
  collectCoverageFrom: ['src/**/*.ts', 'ca-server/**/*.ts', 'commands/**/*.ts'],
  coverageReporters: ['text-summary', 'json-summary', 'lcov'],
};
