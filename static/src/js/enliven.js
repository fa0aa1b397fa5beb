// The list of behaviours, and the one way to run them: for the page, and for every part that is loaded into it later.

const behaviours = [];

export function register(...functions) {
  behaviours.push(...functions);
}

export function enliven(root) {
  for (const behaviour of behaviours) behaviour(root);
}

/** `root` itself and everything below it that matches. */
export function found(root, selector) {
  const below = [...root.querySelectorAll(selector)];
  return root.matches(selector) ? [root, ...below] : below;
}
