import tseslint from 'typescript-eslint'

const hostOnly =
  'Time, ids and randomness come from packages/host and are passed in, so that tests can drive them.'

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/.probant/**', '.tap/**', '**/node_modules/**', '**/*.cjs', '*.js'],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/src/**/*.{ts,tsx}', '**/cli/**/*.ts'],
    ignores: ['packages/host/**', '**/src/host/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: hostOnly },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: hostOnly },
        { object: 'Math', property: 'random', message: hostOnly },
      ],
    },
  },
)
