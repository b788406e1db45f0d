import { orderClasses } from '../../domain/statuses.ts';
import type { DecisionBasis, RevisionScope } from '../../domain/strategy.ts';
import { ruleVerdicts, type RuleVerdict } from '../../domain/verdicts.ts';
import { diceThreshold } from '../rules/dice.ts';

/**
 * The orders that a change of the basis can touch. Rules are asked in their order, so a verdict of a rule before the first changed one stands whatever
 * comes after it.
 */
export function revisionScope(before: DecisionBasis, after: DecisionBasis): RevisionScope {
  const fromRule = firstChangedRule(before, after);
  if (fromRule !== null && rank(fromRule) <= rank('dice')) return { fromRule, draws: [] };
  return { fromRule, draws: before.nodeCount === after.nodeCount ? [] : movedThresholds(before, after) };
}

function firstChangedRule(before: DecisionBasis, after: DecisionBasis): RuleVerdict | null {
  const { limits: old } = before;
  const { limits } = after;
  if (before.denyList !== after.denyList || before.allowList !== after.allowList) return 'denied';
  if (before.members !== after.members || before.ownIndex !== after.ownIndex) return 'not-ours';
  if (old.minFileSizeBytes !== limits.minFileSizeBytes || old.maxFileSizeBytes !== limits.maxFileSizeBytes) {
    return 'too-small';
  }
  if (old.minReplicas !== limits.minReplicas) return 'few-replicas';
  if (old.maxReplicas !== limits.maxReplicas) return 'many-replicas';
  if (before.groupOwner !== after.groupOwner) return 'group-has-it';
  return null;
}

function movedThresholds(before: DecisionBasis, after: DecisionBasis): RevisionScope['draws'] {
  return orderClasses
    .map((orderClass) => [diceThreshold(orderClass, before), diceThreshold(orderClass, after)])
    .map((pair): readonly [number, number] => [Math.min(...pair), Math.max(...pair)])
    .filter(([from]) => from < 1);
}

/** Both scopes in one: what an unfinished revision still had to touch, and what a further change touches. */
export function mergeScopes(one: RevisionScope, other: RevisionScope): RevisionScope {
  return { fromRule: earlier(one.fromRule, other.fromRule), draws: [...one.draws, ...other.draws] };
}

function earlier(one: RuleVerdict | null, other: RuleVerdict | null): RuleVerdict | null {
  if (one === null || other === null) return one ?? other;
  return rank(one) <= rank(other) ? one : other;
}

function rank(verdict: RuleVerdict): number {
  return ruleVerdicts.indexOf(verdict);
}

/** The stored verdicts that a change of `fromRule` can touch. */
export function verdictsFrom(fromRule: RuleVerdict): readonly RuleVerdict[] {
  return ruleVerdicts.slice(rank(fromRule));
}

export function isEmptyScope(scope: RevisionScope): boolean {
  return scope.fromRule === null && scope.draws.length === 0;
}
