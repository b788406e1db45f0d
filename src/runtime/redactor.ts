/** Takes secrets out of a line, in the form in which they are kept and in the one in which JSON writes them. */
export function redactor(secrets: readonly string[]): (line: string) => string {
  // In a JSON line a secret stands as JSON writes it.
  const forms = new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]));
  // The longest first: a secret that begins like another would leave its end behind.
  const known = [...forms].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return (text) => known.reduce((line, secret) => line.replaceAll(secret, '[secret]'), text);
}
