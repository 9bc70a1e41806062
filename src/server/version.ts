/** Why: the program says which version it is; a test holds it equal to package.json. */
export const version = '0.1.0';
