/** The strategy's words, in the order in which its rules are asked. */
export const ruleVerdicts = [
  'denied',
  'bad-cid',
  'bad-size',
  'not-ours',
  'dice',
  'too-small',
  'too-large',
  'few-replicas',
  'many-replicas',
  'group-has-it',
  'removed-by-hand',
  'abandoned',
  'expired',
  'expiring',
  'take',
] as const;
export type RuleVerdict = (typeof ruleVerdicts)[number];

/** Judged only at the pick and stored on the order. `slots-full` is never stored: the order stays queued. */
export const pickVerdicts = ['no-space', 'coordinator'] as const;
export type PickVerdict = (typeof pickVerdicts)[number];

export type Verdict = RuleVerdict | PickVerdict;
