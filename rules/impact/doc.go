// Package impact compares two revisions of the policies: what was changed in them as their authors think of it, rule by rule,
// and what that changes for the objects of one snapshot, as of one instant. It is pure like package rules, and what it gives
// does not depend on the number of workers.
//
// Priors are not asked: a hold is compared, and never begins. What a plan would do about the tenant is another question.
//
// Words: base is the revision that is in force, head the one that is proposed. An edit is one logical change of the policies.
// A group is the objects of which one decision changes in one way: from one value, by one rule, to another.
package impact
