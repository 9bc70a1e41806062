/** Why: patterns come from whoever writes a rule, so matching takes time in proportion to both texts, never more. */

/** `*` stands for any text, also none; `?` for one character; all else for itself. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [wanted, given] = [Array.from(pattern), Array.from(text)];
  let at = 0;
  let star = -1;
  let resumeAt = 0;
  for (let seen = 0; seen < given.length; ) {
    if (wanted[at] === '*') {
      star = at++;
      resumeAt = seen;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[seen])) {
      at += 1;
      seen += 1;
    } else if (star >= 0) {
      at = star + 1;
      seen = ++resumeAt;
    } else return false;
  }
  return wanted.slice(at).every((each) => each === '*');
}
