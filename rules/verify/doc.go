// Package verify tests policies: it reads suites of tests that policy authors write, runs them against a set of policies,
// says which rules they cover, and changes the policies in small ways to see whether the tests would notice.
//
// It is pure like package rules: files come from the fs.FS that it is given, the instant of evaluation stands in the
// tests, and what it gives does not depend on the number of workers.
//
// Words: a suite is a file of kind PolicyTest. A fixture describes an object; a test says what is expected for one; a case
// is a test with one combination of its foreach values. A mutant is the policies with one mistake put in; tests that fail
// for it kill it, and a mutant that no test kills has survived.
package verify
