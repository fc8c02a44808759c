// Package trace explains decisions: it evaluates one object and tells, beside what was decided, what each part of each
// expression gave, what was not looked at, and what came nearest to deciding otherwise. It is pure like package rules, and
// what it decides is what an Evaluator decides.
//
// Words: a sub-condition is a part of a condition that does more than combine others by and, or, not: a comparison, a
// membership. The nearest miss of a decision is the rule that would have decided, or added something, with the fewest
// sub-conditions coming out the other way.
package trace
