export function greet(name) {
  return `hello ${name}`;
}
export const unused = 1;
